// Answers questions with the page's own scripts, outside a browser.
// Arguments: the scripts in their order; input: {page, questions}; output: the answers.
const fs = require("node:fs");
const vm = require("node:vm");

for (const script of process.argv.slice(2)) {
  vm.runInThisContext(fs.readFileSync(script, "utf8"), { filename: script });
}
const { page, questions } = JSON.parse(fs.readFileSync(0, "utf8"));
globalThis.page = page;
globalThis.questions = questions;
const answers = vm.runInThisContext(
  "questions.map((question) => advice.toJSON(advice.advise(page, question)))",
);
process.stdout.write(JSON.stringify(answers));
