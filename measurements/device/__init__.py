"""Where a .tflite is scored and timed."""
