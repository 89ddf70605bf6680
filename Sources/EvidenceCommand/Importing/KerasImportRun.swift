import Foundation
import HDF5
import KerasImport
import ModelFile

/// One run of `evidence import keras`: reads, writes beside the output, reads that again, and puts it in its place.
struct KerasImportRun {
  private let command: ImportKerasCommand

  init(_ command: ImportKerasCommand) { self.command = command }

  /// Imports.
  func run() throws -> ImportOutcome {
    // Before the work, not after it.
    try refuseOutput()
    for file in command.files { try FirstContact.check(file, as: .keras) }
    let result = try read()
    Log.debug("model read", ["files": command.files.joined(separator: " ")])
    let partial = command.output + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      let written = try Interruption.shared.whileWriting(partial) {
        try ModelFile.write(result.model, to: partial)
        let written = try ModelFile.read(partial)
        try put(partial)
        return written
      }
      Log.debug("model written", ["path": command.output])
      return ImportOutcome(
        files: command.files, output: command.output, assumptions: result.assumptions, model: written)
    } catch var error as ModelFileError {
      error.file = command.files.joined(separator: ", ")
      throw error
    } catch var error as HDF5Error {
      error.file = command.output
      throw error
    }
  }

  private func read() throws -> KerasImportResult {
    do {
      return try KerasImport.read(files: command.files, options: command.options).namingOptions(\.commandOption)
    } catch let error as ImportError {
      throw error.namingOptions(\.commandOption)
    }
  }

  /// Refuses an output that is there already, that is an input, or that can't be made.
  private func refuseOutput() throws {
    let (output, files) = (command.output, FileManager.default)
    var isDirectory: ObjCBool = false
    if files.fileExists(atPath: output, isDirectory: &isDirectory) {
      guard !isDirectory.boolValue else {
        throw CommandError(.cannotCreateOutput, "\(output): is a directory; name a file: -o MODEL.h5")
      }
      let own = URL(filePath: output).resolvingSymlinksInPath().path
      if command.files.contains(where: { URL(filePath: $0).resolvingSymlinksInPath().path == own }) {
        throw CommandError(.cannotCreateOutput, "\(output): is one of the files to import; give another name to -o")
      }
      guard command.force else {
        throw CommandError(
          .cannotCreateOutput, "\(output): there is a file already; give another name to -o, or --force to replace it")
      }
    }
    let folder = URL(filePath: output).deletingLastPathComponent().path(percentEncoded: false)
    guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw CommandError(.cannotCreateOutput, "\(output): there is no folder \(folder)")
    }
    guard files.isWritableFile(atPath: folder) else {
      throw CommandError(.cannotCreateOutput, "\(output): the folder \(folder) can't be written to")
    }
  }

  /// Gives the written file its name. Unless asked to, a file that came in between is not replaced.
  private func put(_ partial: String) throws {
    let status = command.force ? rename(partial, command.output) : link(partial, command.output)
    guard status != 0 else { return }
    // A file system without links.
    if errno == EPERM || errno == EOPNOTSUPP, !command.force, rename(partial, command.output) == 0 { return }
    throw CommandError(.cannotCreateOutput, "\(command.output): can't be made: \(String(cString: strerror(errno)))")
  }
}

extension KerasOption {
  /// `--split-head`.
  fileprivate var commandOption: String {
    "--" + rawValue.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
  }
}
