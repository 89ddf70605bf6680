import Foundation
import HDF5

extension ResultsWriter {
  /// The file that a path leads to.
  static func resolve(_ path: String) -> String {
    // A link that leads nowhere is replaced by the file.
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Gives what the operating system has against making the file words.
  static func making<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as SystemError {
      throw EvidenceError(.cannotCreateOutput, "\(path): the results file can't be made: \(error)")
    }
  }

  /// Whether there is a file that isn't empty.
  static func holdsSomething(_ path: String, _ target: String) throws -> Bool {
    guard try Descriptor.Identity(at: target) != nil else { return false }
    let attributes = try FileManager.default.attributesOfItem(atPath: target)
    switch attributes[.type] as? FileAttributeType {
    case .typeRegular: return (attributes[.size] as? Int ?? 0) > 0
    case .typeDirectory: throw EvidenceError(.cannotCreateOutput, "\(path): is a directory; give the name of a file")
    default: throw EvidenceError(.cannotCreateOutput, "\(path): is not a regular file; give the name of a file")
    }
  }

  /// Refuses to begin over a file that holds something.
  static func requireVacant(_ path: String, _ target: String) throws {
    guard try holdsSomething(path, target) else { return }
    guard let file = try? ResultsFile(reading: target) else {
      throw EvidenceError(
        .cannotCreateOutput, "\(path): there is a file already, and it holds no results",
        remedies: [.useAnotherOutput])
    }
    throw EvidenceError(
      .cannotCreateOutput,
      "\(path): there is a file already, with results of \(file.count) of \(file.settings.examples.count) examples",
      remedies: (file.finished == nil ? [.resume] : []) + [.removeFile, .useAnotherOutput])
  }

  /// Makes a results file without rows, and its journal.
  static func begin(
    _ path: String, _ target: String, _ settings: ResultsSettings
  ) throws -> (ResultsJournal<Row>, Descriptor) {
    try making(path) {
      try requireVacant(path, target)
      let journal = try ResultsJournal<Row>(besides: target, settings: settings)
      // Another run may have made the file while this one came to the lock.
      try requireVacant(path, target)
      do {
        try journal.removeAll()
        return (journal, try ResultsSnapshot<Row>.create(target, settings))
      } catch {
        try? journal.remove()
        throw error
      }
    }
  }

  /// Looks at a file that a run is to go on with; nil where there is none.
  static func open(_ path: String, _ target: String, _ settings: ResultsSettings) throws -> FoundResults? {
    let snapshot: Descriptor
    do {
      snapshot = try Descriptor(opening: target, O_RDONLY)
    } catch let error as SystemError {
      if error.number == ENOENT { return nil }
      throw EvidenceError(.inputOutput, "\(path): the file can't be read: \(error)")
    }
    let file = try ResultsFile(reading: target)
    let differences = settings.differences(from: file.settings)
    guard differences.isEmpty else {
      throw EvidenceError(
        .invalidResults,
        "\(path): the run can't be gone on with: " + differences.joined(separator: "; ")
          + "\ngive the settings of the file, or another output")
    }
    let range = settings.examples
    let made = file.settings.examples
    guard made.lowerBound == range.lowerBound, made.upperBound <= range.upperBound, file.count <= made.count else {
      throw EvidenceError(
        .invalidResults,
        "\(path): the run can't be gone on with: it holds \(file.count) of the examples "
          + "\(made.lowerBound)..\(made.upperBound), and this run asks for \(range.lowerBound)..\(range.upperBound)"
          + "\ntake examples that begin with \(made.lowerBound) and are no fewer, or another output")
    }
    _ = try file.columns(of: Row.self)
    for start in stride(from: 0, to: file.count, by: ResultsFile.blockRows) {
      let rows = start..<min(start + ResultsFile.blockRows, file.count)
      let first = range.lowerBound + start
      guard try file.indices(rows).elementsEqual(first..<first + rows.count) else {
        throw EvidenceError(
          .invalidResults, "\(path): /examples/index: expected \(range.lowerBound), \(range.lowerBound + 1), … in order"
        )
      }
    }
    return FoundResults(
      file: file, isFinished: file.finished != nil && file.count == range.count, snapshot: snapshot)
  }

  /// Removes what a run that was killed at its very end left behind.
  static func tidy(_ target: String, _ settings: ResultsSettings) throws {
    guard access(ResultsPaths.journal(target), F_OK) == 0 else { return }
    guard let journal = try? ResultsJournal<Row>(besides: target, settings: settings) else { return }
    try? journal.remove()
  }
}

/// What was found where a run is to go on.
struct FoundResults {
  let file: ResultsFile
  let isFinished: Bool
  let snapshot: Descriptor
}
