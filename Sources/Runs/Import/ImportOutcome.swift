import Evidence
package import JSON
package import KerasImport
package import Models
import Wording

/// What an import has to report.
package struct ImportOutcome: RunOutcome {
  /// What was read.
  let files: [String]
  /// What was written.
  let output: String
  /// What the files did not say and was taken to be so.
  package let assumptions: [KerasAssumption]
  /// The model, as it reads back from the output.
  package let model: ModelDescription

  private var inspection: ModelInspection { ModelInspection(path: output, description: model) }

  package var warnings: [RunWarning] { model.concerns.map { .concern($0, samples: 0, output: nil) } }

  /// The report for people.
  package func text(in words: any RunWords) -> String {
    var lines = ["wrote \(output)"]
    if !assumptions.isEmpty {
      lines += ["", "The files do not say, and it was taken to be so:"]
      for assumption in assumptions {
        let wrapped = Text.wrapped(assumption.words(calling: words.name), width: 76)
        lines += wrapped.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
      }
    }
    // The assumptions are said above.
    var own = model
    own.about.description = nil
    lines += ["", ModelInspection(path: output, description: own).text(in: words)]
    return (lines + ["", "next:  \(words.words(.evaluate(model: output)))"]).joined(separator: "\n")
  }

  /// The same for programs.
  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "import", "framework": "keras", "files": JSONValue(files), "output": .string(output),
      "assumptions": JSONValue(assumptions.map { $0.words(calling: words.name) }), "model": inspection.json(in: words),
      "next": .string(words.words(.evaluate(model: output))),
      "warnings": words.json(warnings),
    ]
  }
}
