import ArgumentParser
import Runs

/// `evidence estimators`: a line for each.
struct EstimatorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimators", abstract: "List the estimators that nll takes, a line each.")

  @OptionGroup var output: OutputOptions

  func run() throws {
    output.start()
    try output.print(EstimatorsOutcome())
  }
}
