import ArgumentParser
import Runs

/// `evidence merge`: one results file of the shards of a run.
struct MergeCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the results of ranges or shards of one run together.",
    discussion: """
      The file is that of one process, to the last bit, but for times. Refused are files that are not of one run, by the name \
      of what differs, examples that two files hold, and examples that none holds, with the command that makes them.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --shard 0/2 --output part.h5
        evidence nll digits-iwae-2l.h5 digits-test.h5 --shard 1/2 --output part.h5
        evidence merge part-*.h5 -o all.h5
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
    try printing.print(
      MergeOutcome(results, to: output, examples: range, allowsMixed: mixed, host: CommandHost()))
  }
}
