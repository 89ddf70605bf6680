import Foundation
import Testing

/// The built commands, run as a user runs them.
struct Executable {
  let url: URL

  static let evidence = Executable("evidence")

  /// Beside the test bundle.
  init(_ name: String) {
    let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    let places = [own, URL(filePath: CommandLine.arguments[0])] + Bundle.allBundles.map(\.bundleURL)
    let candidates = places.map { $0.deletingLastPathComponent().appending(path: name) }
    url =
      candidates.first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
      ?? URL(filePath: "/missing/\(name)")
  }

  /// What a run leaves.
  struct Outcome {
    var status: Int32
    var output: String
    var error: String
  }

  /// Runs to the end.
  func run(_ arguments: String..., in directory: String? = nil) throws -> Outcome { try run(arguments, in: directory) }

  /// Runs to the end.
  func run(_ arguments: [String], in directory: String? = nil) throws -> Outcome {
    let process = try Running(self, arguments, in: directory)
    return process.wait()
  }
}

/// A process that goes on while the test does something else.
final class Running {
  let process = Process()
  private let output = Pipe()
  private let error = Pipe()

  init(_ executable: Executable, _ arguments: [String], in directory: String? = nil) throws {
    process.executableURL = executable.url
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(filePath: directory) }
    process.standardOutput = output
    process.standardError = error
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Waits for the end. (What these commands print fits into a pipe's buffer, so the order of reading does not matter.)
  func wait() -> Executable.Outcome {
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let errors = error.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Executable.Outcome(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      error: String(decoding: errors, as: UTF8.self))
  }
}
