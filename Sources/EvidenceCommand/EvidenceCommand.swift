import ArgumentParser

@main
struct EvidenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "evidence")
}
