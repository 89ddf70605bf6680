import JSON
import KerasImport
import Runs

@testable import EvidenceCommand

/// Runs as a command line asks for them.
extension NLLRun {
  init(_ command: NLLCommand) throws { try self.init(command.request, host: CommandHost()) }
}

extension UnitsRun {
  init(_ command: UnitsCommand) throws { try self.init(command.request, host: CommandHost()) }
}

extension CheckRun {
  init(_ command: CheckCommand) throws { try self.init(command.request, host: CommandHost()) }
}

extension KerasImportRun {
  init(_ command: ImportKerasCommand) {
    self.init(command.request, host: CommandHost(), words: CommandWords())
  }
}

/// Outcomes as the command prints them.
extension RunOutcome {
  var text: String { text(in: CommandWords()) }
  var json: JSONValue { json(in: CommandWords()) }
  var warningWords: [String] { warnings.map { CommandWords().words($0) } }
}
