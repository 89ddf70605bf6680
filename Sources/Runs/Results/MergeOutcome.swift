import Evidence
package import JSON
import Wording

/// Results files of parts of a run, put together in one.
package struct MergeOutcome: RunOutcome {
  private let merge: ResultsMerge
  private let output: String

  /// Writes the file.
  ///
  /// - Parameters:
  ///   - examples: The examples that the files should hold together; nil for those that they say.
  ///   - allowsMixed: Whether they may be of different processor instructions.
  /// - Throws: `ResultsMerge.Holes` where examples are missing.
  package init(
    _ results: [String], to output: String, examples: Range<Int>?, allowsMixed: Bool, host: any RunHost
  ) throws {
    for file in results { try FileRole.results.check(file) }
    merge = try ResultsMerge(results, examples: examples, allowsMixed: allowsMixed)
    self.output = output
    let merge = merge
    try host.evaluate { try merge.write(to: output) { try host.cancellation.check() } }
  }

  package var warnings: [RunWarning] { [] }

  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "merge", "files": .integer(merge.parts.count), "output": .string(output),
      "range": .array([.integer(merge.examples.lowerBound), .integer(merge.examples.upperBound)]),
    ]
  }

  package func text(in words: any RunWords) -> String {
    // Rows of posteriors say nothing of units one by one.
    let next = merge.parts.first?.settings.command == "units" ? "\n" + words.words(.summarizeUnits(output)) : ""
    return "\(output): the examples \(merge.examples.lowerBound)..\(merge.examples.upperBound), "
      + "from \(Text.counted(merge.parts.count, "file"))" + next
  }
}
