import ArgumentParser
import Evidence
import Foundation
import JSON

/// `evidence merge`: one results file of the shards of a run.
struct MergeCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the results of ranges or shards of one run together.",
    discussion: """
      The file is that of one process, to the last bit, but for times. Refused are files that are not of one run, by the name \
      of what differs, examples that two files hold, and examples that none holds, with the command that makes them.

      Examples:
        evidence merge part-*.h5 -o all.h5
        evidence merge part-*.h5 -o all.h5 --examples 0..10000
      """)

  @Argument(help: ArgumentHelp("The results files, in any order.", valueName: "results.h5"), completion: .file())
  var results: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "all.h5"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "The examples that the files should hold together. (default: those of the run, where the files are shards of one)",
      valueName: "a..b"))
  var examples: ExampleRange?

  @Flag(
    help: "Merge files that were made with different processor instructions, whose numbers differ by rounding.")
  var mixed = false

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var printing: OutputOptions

  var untrustedFiles: [String] { results }

  func validate() throws {
    if let examples, examples.upper == nil {
      throw ValidationError("--examples: say where they end, such as 0..10000")
    }
  }

  func run() throws {
    printing.start()
    let range = examples.flatMap { range in range.upper.map { range.lower..<$0 } }
    let merge: ResultsMerge
    do {
      merge = try ResultsMerge(results, examples: range, allowsMixed: mixed)
    } catch let holes as ResultsMerge.Holes {
      throw CommandError(.invalidInput, MergeCommand.words(holes))
    }
    try Interruption.shared.whileEvaluating {
      try merge.write(to: output) { try Interruption.shared.cancellation.check() }
    }
    try printing.print(
      json: [
        "command": "merge", "files": .integer(merge.parts.count), "output": .string(output),
        "range": .array([.integer(merge.examples.lowerBound), .integer(merge.examples.upperBound)]),
      ],
      text: "\(output): the examples \(merge.examples.lowerBound)..\(merge.examples.upperBound), "
        + "from \(Text.counted(merge.parts.count, "file"))")
  }

  /// What is missing, and the commands that make it.
  static func words(_ holes: ResultsMerge.Holes) -> String {
    let ranges = holes.ranges.map { "\($0.lowerBound)..\($0.upperBound)" }
    let shown = ranges.prefix(10).joined(separator: ", ") + (ranges.count > 10 ? ", …" : "")
    var lines = ["examples are missing: " + shown]
    for part in holes.unfinished.prefix(3) {
      lines.append(
        "\(part.path) holds \(part.count) of its \(part.settings.examples.count) examples: go on with its run by --resume"
      )
    }
    if holes.unfinished.isEmpty, let first = holes.ranges.first {
      var settings = holes.model.settings
      settings.examples = first
      let name = "part-\(first.lowerBound)-\(first.upperBound).h5"
      lines.append(
        "make them with: " + ReproducingCommand.text(settings, results: name).replacing(" \\\n  ", with: " "))
    }
    return lines.joined(separator: "\n")
  }
}
