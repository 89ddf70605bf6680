import ArgumentParser
import Runs

/// `evidence compare`: results on the same examples, side by side.
struct CompareCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare results files example by example: B minus A, or a table of any number.",
    discussion: """
      All must be of the same data, prepared in the same way; the models, estimators and draws may differ. Pairing the \
      examples takes out what they have in common, so a difference is seen that the means alone would not show. Of three files \
      or more a table is printed, the best first, each with its difference to the best.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --output old.h5
        evidence nll digits-iwae-2l.h5 digits-test.h5 --estimator laplace --output new.h5
        evidence compare old.h5 new.h5
        evidence compare old.h5 new.h5 --largest 50
        evidence compare old.h5 new.h5 --format json | jq .difference
        evidence compare old.h5 new.h5 --format latex > table.tex
      """)

  @Argument(
    help: ArgumentHelp("The results; of two, the first is what the other is compared with.", valueName: "results.h5"),
    completion: .file())
  var results: [String]

  @Option(help: ArgumentHelp("Of two files, how many of the largest changes to list.", valueName: "n"))
  var largest = 10

  @Flag(help: "Report the Monte Carlo error even where a Pareto k̂ says that it can't be trusted.")
  var allErrors = false

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: TableOptions

  var untrustedFiles: [String] { results }

  func validate() throws {
    if results.count < 2 { throw ValidationError("two results or more are compared; only \(results[0]) is given") }
    if largest < 0 { throw ValidationError("--largest: expected at least 0, found \(largest)") }
  }

  func run() throws {
    output.start()
    if results.count == 2 {
      return try output.print(
        CompareOutcome(results[0], results[1], largest: largest, reportsAllErrors: allErrors))
    }
    try output.print(CompareManyOutcome(results, reportsAllErrors: allErrors))
  }
}
