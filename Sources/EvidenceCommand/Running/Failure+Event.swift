import Evidence
import HDF5
import JSON
import KerasImport
import ModelFile

extension Failure {
  /// The error in one line of JSON, for a front end: all of its text, and its parts where they are known apart.
  func event(_ status: CommandStatus) -> JSONValue {
    var parts = Parts(message: lines.first, remedy: lines.dropFirst().joined(separator: "\n"))
    switch error {
    case let error as HDF5Error:
      parts = Parts(
        message: error.message, file: error.file, path: error.path, expected: error.expected, found: error.found)
    case let error as ImportError:
      parts = Parts(
        message: error.message, file: error.file, path: error.place, expected: error.expected, found: error.found)
    case let error as ModelFileError:
      parts = Parts(message: error.problems.map(\.description).joined(separator: "\n"), file: error.file)
    case let error as EvidenceError:
      parts = Parts(
        message: error.message, remedy: error.remedies.map(\.commandWords).joined(separator: ", or "))
    default: break
    }
    return [
      "event": "error", "status": .integer(Int(status.rawValue)), "text": .string(lines.joined(separator: "\n")),
      "message": JSONValue(parts.message), "file": JSONValue(parts.file), "path": JSONValue(parts.path),
      "expected": JSONValue(parts.expected), "found": JSONValue(parts.found), "remedy": JSONValue(parts.remedy),
    ]
  }

  /// What an error says apart; nil or empty where it doesn't.
  private struct Parts {
    var message: String?
    var file: String?
    var path: String?
    var expected: String?
    var found: String?
    var remedy: String?
  }
}
