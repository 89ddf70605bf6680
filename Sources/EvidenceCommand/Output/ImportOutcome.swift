import Foundation
import JSON
import Models

/// What `evidence import` has to report.
struct ImportOutcome {
  /// What was read.
  let files: [String]
  /// What was written.
  let output: String
  /// What the files did not say and was taken to be so.
  let assumptions: [String]
  /// The model, as it reads back from the output.
  let model: ModelDescription

  private var inspection: ModelInspection { ModelInspection(path: output, description: model) }

  /// What the model should be used with.
  var warnings: [String] { Warnings.of(model) }

  /// A command that evaluates a few examples, which is soon done.
  var next: String {
    "evidence nll \(ResultsSink.quoted(output)) DATA.h5 --examples ..100 --samples 500"
  }

  /// The report for people.
  var text: String {
    var lines = ["wrote \(output)"]
    if !assumptions.isEmpty {
      lines += ["", "The files do not say, and it was taken to be so:"]
      for assumption in assumptions {
        let wrapped = Text.wrapped(assumption, width: 76)
        lines += wrapped.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
      }
    }
    // The assumptions are said above.
    var own = model
    own.about.description = nil
    lines += ["", ModelInspection(path: output, description: own).text]
    return (lines + ["", "next:  \(next)"]).joined(separator: "\n")
  }

  /// The same for programs.
  var json: JSONValue {
    [
      "command": "import", "framework": "keras", "files": JSONValue(files), "output": .string(output),
      "assumptions": JSONValue(assumptions), "model": inspection.json, "next": .string(next),
      "warnings": JSONValue(warnings),
    ]
  }
}
