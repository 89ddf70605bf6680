import Runs

extension TrainingProblem {
  /// The problem for people at a command line, with the options that mend it.
  var commandWords: String {
    switch self {
    case .noCheckpoint(let path): "\(path): no such file\nthere is no run to go on with; leave --resume out"
    case .checkpointExists(let path):
      "\(path): there is a run already\ngo on with it by --resume, or begin anew by --force"
    case .noArchitecture(let path): "\(path): no such file\n--architecture takes paper-1, paper-2 or a JSON file"
    case .cannotTrain(let path, let error):
      "\(path): this can't be trained; keep the network as it is by --freeze\n\(error)"
    case .stopped(let epochs, let count):
      "stopped after \(epochs) of \(count) epochs; the weights are saved\n"
        + "go on with: \(CommandLineText.resuming(CommandLine.arguments))"
    }
  }

  /// What the command ends with.
  var status: CommandStatus {
    switch self {
    case .noCheckpoint, .noArchitecture: .noInput
    case .checkpointExists: .cannotCreateOutput
    case .cannotTrain: .invalidInput
    case .stopped: Interruption.shared.status ?? .interrupted
    }
  }
}
