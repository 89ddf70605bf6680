import Foundation
import JSON
import Synchronization
import Wording

/// `--progress`: how standard error says how far a run is.
enum ProgressForm: String, CaseIterable, Sendable {
  /// A line that is written over.
  case bar
  /// A line every few seconds, for a log.
  case lines
  /// Standard error as a program reads it: an object a line, for progress, notes, warnings and the error.
  case json
  case none
}

/// Standard output and standard error. Results go to the one; progress, warnings and errors to the other.
final class Console: Sendable {
  static let shared = Console()

  private struct State {
    var isQuiet = false
    var isVerbose = false
    var hasProgress = false
    var progress: ProgressForm?
  }
  private let state = Mutex(State())
  private let started = ContinuousClock.now

  /// Applies `--quiet`, `--verbose` and `--progress`.
  func configure(isQuiet: Bool, isVerbose: Bool, progress: ProgressForm? = nil) {
    state.withLock { ($0.isQuiet, $0.isVerbose, $0.progress) = (isQuiet, isVerbose, progress) }
    if isVerbose { StandardErrorLog.bootstrap() }
  }

  /// Whether `--verbose` was given.
  var isVerbose: Bool { state.withLock { $0.isVerbose } }

  /// How progress is shown: on a terminal only, where nobody says otherwise.
  var progress: ProgressForm {
    let (isQuiet, said) = state.withLock { ($0.isQuiet, $0.progress) }
    if isQuiet { return .none }
    return said ?? (isatty(STDERR_FILENO) != 0 ? .bar : .none)
  }

  /// Whether standard error is for a program.
  var writesEvents: Bool { state.withLock { $0.progress } == .json }

  /// Writes an object in a line of its own.
  func event(_ value: JSONValue) { write(value.line + "\n") }

  /// Columns of the terminal that progress is shown on.
  var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Prints a result.
  ///
  /// - Throws: `CommandError` where standard output can't be written (a full disk, a closed pipe).
  func output(_ text: String) throws {
    clearProgress()
    guard emit(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) else {
      throw CommandError(.inputOutput, "standard output can't be written: \(String(cString: strerror(errno)))")
    }
  }

  /// Something that the numbers should be read with; not under `--quiet`.
  func warn(_ message: String) {
    if state.withLock({ $0.isQuiet }) { return }
    if writesEvents { return event(["event": "warning", "message": .string(message)]) }
    error(["warning: " + message])
  }

  /// Something that was decided by itself, and the file that it made of the one that was named; not under `--quiet`.
  func say(_ message: String, file: String? = nil) {
    if state.withLock({ $0.isQuiet }) { return }
    if writesEvents {
      return event(["event": "note", "message": .string(message), "file": file.map { .string($0) } ?? .null])
    }
    error([message])
  }

  /// Something to know while waiting; on a terminal only, and not under `--quiet`.
  func note(_ message: String) {
    if progress == .bar { error([message]) }
  }

  /// Lines on standard error, the first after the command's name, the others indented. On a terminal they are broken at
  /// spaces.
  func error(_ lines: [String]) {
    guard let first = lines.first else { return }
    var broken = ["evidence: " + first] + lines.dropFirst().map { "  " + $0 }
    if isatty(STDERR_FILENO) != 0 {
      let width = width
      broken = broken.flatMap { line -> [String] in
        // Only words are broken; a command to be pasted is not.
        guard line.count > width, !line.contains(" --resume") else { return [line] }
        let isFirst = line.hasPrefix("evidence: ")
        return Text.wrapped(line, width: width - 2).enumerated().map { (isFirst && $0 == 0 ? "" : "  ") + $1 }
      }
    }
    write(broken.joined(separator: "\n") + "\n")
  }

  /// A line of `--verbose`, with the seconds since the start.
  func log(_ message: String) {
    let elapsed = started.duration(to: .now)
    if writesEvents { return event(["event": "log", "message": .string(message)]) }
    write("[\(Text.fixed(elapsed / .seconds(1), 3)) s] \(message)\n")
  }

  /// Shows a line of progress over the one before. The cursor is never hidden, so nothing is left behind whatever happens.
  func showProgress(_ line: String) {
    state.withLock {
      $0.hasProgress = true
      emit("\r" + line + "\u{1B}[K")
    }
  }

  /// Takes the line of progress away.
  func clearProgress() {
    state.withLock { clear(&$0) }
  }

  /// The same for a process that is about to end, whatever another thread is doing.
  func abandonProgress() {
    _ = state.withLockIfAvailable { clear(&$0) }
  }

  private func write(_ text: String) {
    state.withLock {
      clear(&$0)
      emit(text)
    }
  }

  private func clear(_ state: inout State) {
    guard state.hasProgress else { return }
    state.hasProgress = false
    emit("\r\u{1B}[K")
  }

  /// Writes all of a text; false where that failed. (Nothing can be done where standard error itself is closed.)
  @discardableResult
  private func emit(_ text: String, to file: Int32 = STDERR_FILENO) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }
}
