import ArgumentParser

/// `evidence inspect`: what a file holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a model, dataset or results file holds.")
  func run() throws {}
}
