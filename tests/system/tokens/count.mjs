// Reads a JSON list of texts from standard input and writes the number of tokens of each, in the vocabulary o200k_base.
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

let input = "";
for await (const part of process.stdin.setEncoding("utf8")) input += part;
process.stdout.write(JSON.stringify(JSON.parse(input).map((text) => countTokens(text))));
