import Foundation
import HDF5
import KerasImport
import ModelFile
import Models

/// One import: reads, writes beside the output, reads that again, and puts it in its place.
package struct KerasImportRun {
  private let request: KerasImportRequest
  private let host: any RunHost
  /// For the description of the model that is written.
  private let words: any RunWords

  package init(_ request: KerasImportRequest, host: any RunHost, words: any RunWords) {
    self.request = request
    self.host = host
    self.words = words
  }

  /// Imports.
  package func run() throws -> ImportOutcome {
    // Before the work, not after it.
    try refuseOutput()
    for file in request.files { try FileRole.keras.check(file) }
    let result = try KerasImport.read(files: request.files, options: request.options)
      .described(calling: words.name)
    host.log("model read", ["files": request.files.joined(separator: " ")])
    let partial = request.output + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      let written = try host.write(to: partial) {
        try ModelFile.write(result.model, to: partial)
        let written = try ModelFile.read(partial).description
        try put(partial)
        return written
      }
      host.log("model written", ["path": request.output])
      return ImportOutcome(
        files: request.files, output: request.output, assumptions: result.assumptions, model: written)
    } catch var error as ModelFileError {
      error.file = request.files.joined(separator: ", ")
      throw error
    } catch var error as HDF5Error {
      error.file = request.output
      throw error
    }
  }

  /// Writes a description of files with weights only, to be completed by hand, in place of a model.
  package func writeDraft() throws {
    for file in request.files { try FileRole.keras.check(file) }
    let text = try KerasImport.draft(files: request.files, options: request.options)
    let path = request.output
    guard request.replaces || !FileManager.default.fileExists(atPath: path) else {
      throw RunError.outputExists(path: path, .draft)
    }
    do { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
      throw RunError.cannotCreate(path: path, reason: error.localizedDescription)
    }
  }

  /// Refuses an output that is there already, that is an input, or that can't be made.
  private func refuseOutput() throws {
    let (output, files) = (request.output, FileManager.default)
    var isDirectory: ObjCBool = false
    if files.fileExists(atPath: output, isDirectory: &isDirectory) {
      guard !isDirectory.boolValue else {
        throw RunError.outputIsDirectory(path: output)
      }
      let own = URL(filePath: output).resolvingSymlinksInPath().path
      if request.files.contains(where: { URL(filePath: $0).resolvingSymlinksInPath().path == own }) {
        throw RunError.outputIsInput(path: output)
      }
      guard request.replaces else { throw RunError.outputExists(path: output, .model) }
    }
    let folder = URL(filePath: output).deletingLastPathComponent().path(percentEncoded: false)
    guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw RunError.noFolder(path: output, folder: folder)
    }
    guard files.isWritableFile(atPath: folder) else {
      throw RunError.folderNotWritable(path: output, folder: folder)
    }
  }

  /// Gives the written file its name. Unless asked to, a file that came in between is not replaced.
  private func put(_ partial: String) throws {
    let status = request.replaces ? rename(partial, request.output) : link(partial, request.output)
    guard status != 0 else { return }
    // A file system without links.
    if errno == EPERM || errno == EOPNOTSUPP, !request.replaces, rename(partial, request.output) == 0 { return }
    throw RunError.cannotCreate(path: request.output, reason: String(cString: strerror(errno)))
  }
}
