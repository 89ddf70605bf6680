import ArgumentParser
import Runs

/// `evidence compare`: the paired difference of two results on the same examples.
struct CompareCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two results files example by example: B minus A.",
    discussion: """
      Both must be of the same data, prepared in the same way; the models, estimators and samples may differ. Pairing the \
      examples takes out what they have in common, so a difference is seen that both means alone would not show.

      Examples:
        evidence compare old.h5 new.h5
        evidence compare old.h5 new.h5 --largest 50
        evidence compare old.h5 new.h5 --format json | jq .difference
      """)

  @Argument(help: ArgumentHelp("The results to compare with.", valueName: "a.h5"), completion: .file())
  var first: String

  @Argument(help: ArgumentHelp("The results to compare.", valueName: "b.h5"), completion: .file())
  var second: String

  @Option(help: ArgumentHelp("How many of the largest changes to list.", valueName: "n"))
  var largest = 10

  @Flag(help: "Report the Monte Carlo error even where a Pareto k̂ says that it can't be trusted.")
  var allErrors = false

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  var untrustedFiles: [String] { [first, second] }

  func validate() throws {
    if largest < 0 { throw ValidationError("--largest: expected at least 0, found \(largest)") }
  }

  func run() throws {
    output.start()
    try output.print(CompareOutcome(first, second, largest: largest, reportsAllErrors: allErrors))
  }
}
