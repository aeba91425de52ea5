"""Coverage-guided fuzzing of everything that reads files or texts from outside: `make fuzz`, or `python -m fuzz`.

| module | what it is |
| --- | --- |
| `targets` | the table of what is fuzzed |
| `bank_files`, `bank_profiles`, `accounting_files`, … | harnesses: read one input |
| `claims` | what must hold of whatever was read |
| `seeds`, `tokens` | made-up samples and the words of each format |
| `guided` | one process of libFuzzer (atheris) |
| `__main__` | runs the targets, prints a line for each, writes RESULTS.md |

A harness returns for what was read and for what was refused by the reader's own refusal; all else is a crash.
"""
