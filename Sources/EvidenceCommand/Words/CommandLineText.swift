import Foundation

/// Command lines to be pasted into a shell.
enum CommandLineText {
  /// Words with spaces between them.
  static func joined(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  /// A word as a shell takes it.
  static func quoted(_ word: String) -> String {
    let plain = CharacterSet(
      charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=+@%")
    if !word.isEmpty && word.unicodeScalars.allSatisfy(plain.contains) { return word }
    return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  /// The command line that goes on with a run.
  static func resuming(_ arguments: [String]) -> String {
    joined(arguments.contains("--resume") ? arguments : arguments + ["--resume"])
  }
}
