import ArgumentParser
import Evidence
import Foundation
import HDF5
import KerasImport
import ModelFile
import Models
import Runs

/// The statuses that the command ends with (those of sysexits.h).
enum CommandStatus: Int32 {
  case usage = 64
  case invalidInput = 65
  case noInput = 66
  case fault = 70
  case noResources = 71
  case cannotCreateOutput = 73
  case inputOutput = 74
  case interrupted = 130
  case terminated = 143
}

/// An error of the command itself: one or two plain lines, and the status to end with.
struct CommandError: Error, CustomStringConvertible {
  var status: CommandStatus
  /// What is wrong, where, and what to do.
  var description: String

  init(_ status: CommandStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}

/// What an error means to whoever ran the command: lines on standard error and an exit status.
struct Failure {
  /// Nil where ArgumentParser knows best: help, a version.
  var status: CommandStatus?
  /// Plain lines, without the command's name.
  var lines: [String]
  /// libhdf5's account, for `--verbose`.
  var libraryStack: [String] = []
  let error: any Error

  init(_ error: any Error) {
    self.error = error
    switch error {
    case let error as CommandError: (status, lines) = (error.status, Failure.lines(error.description))
    case let error as RunError: (status, lines) = (error.status, Failure.lines(error.commandWords))
    case let error as ResultsMerge.Holes:
      (status, lines) = (.invalidInput, Failure.lines(error.commandWords))
    case let error as HDF5Error:
      (status, lines) =
        Memory.refusal(error.description) ?? (Failure.status(error.code), Failure.lines(error.description))
      libraryStack = error.libraryStack
    case let error as EvidenceError: (status, lines) = (Failure.status(error.code), Failure.lines(error.commandWords))
    case let error as InvalidModel: (status, lines) = (.invalidInput, Failure.lines(error.description))
    case let error as ModelFileError: (status, lines) = (.invalidInput, Failure.lines(error.description))
    case let error as ImportError:
      (status, lines) = (Failure.status(error.code), Failure.lines(error.words(calling: CommandWords().name)))
    case is CancellationError:
      (status, lines) = (Interruption.shared.status ?? .interrupted, ["stopped"])
    default:
      switch RootCommand.exitCode(for: error) {
      case .success: (status, lines) = (nil, [])
      case .validationFailure:
        // What is wrong, and where the options are explained.
        let hint = Failure.lines(RootCommand.fullMessage(for: error)).last { $0.contains("--help") }
        let words = hint?.trimmingCharacters(in: .whitespaces)
        let message = RootCommand.message(for: error)
        let meant = WrongLine.value(in: message).map { "did you mean: \($0)" }
        // Where it is known what was meant, a list of all that there is says no more.
        let list = #/ Please provide one of the following:[\s\S]*/#
        let said = meant == nil ? message : message.replacing(list, with: "")
        (status, lines) = (.usage, Failure.lines(said) + [meant, words].compactMap(\.self))
      default: (status, lines) = (.fault, ["a fault of the program, please report it: \(error)"])
      }
    }
  }

  /// Writes the lines and ends the process.
  func exit() -> Never {
    guard let status else { RootCommand.exit(withError: error) }
    if Console.shared.writesEvents {
      Console.shared.event(event(status))
    } else {
      Console.shared.error(lines + (Console.shared.isVerbose ? libraryStack.map { "libhdf5: " + $0 } : []))
    }
    Foundation.exit(status.rawValue)
  }

  /// More than anybody reads: the rest of such a message is counted, not printed.
  static let longestMessage = 1900

  private static func lines(_ text: String) -> [String] {
    var text = text
    if text.count > longestMessage {
      text = text.prefix(longestMessage) + " … and \(text.count - longestMessage) characters more"
    }
    return text.split(separator: "\n").map(String.init)
  }

  private static func status(_ code: HDF5Error.Code) -> CommandStatus {
    switch code {
    case .noSuchFile: .noInput
    case .cannotCreate: .cannotCreateOutput
    case .outputFull, .inputOutput, .inUse: .inputOutput
    case .closed: .fault
    default: .invalidInput
    }
  }

  private static func status(_ code: ImportError.Code) -> CommandStatus {
    switch code {
    case .noSuchFile: .noInput
    case .inputOutput: .inputOutput
    // What an option has to say.
    case .undecided: .usage
    default: .invalidInput
    }
  }

  private static func status(_ code: EvidenceError.Code) -> CommandStatus {
    switch code {
    case .invalidSetting: .usage
    case .cannotCreateOutput: .cannotCreateOutput
    case .inputOutput: .inputOutput
    case .noResources: .noResources
    default: .invalidInput
    }
  }
}
