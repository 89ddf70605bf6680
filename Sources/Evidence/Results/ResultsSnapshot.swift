import Foundation
import HDF5

/// The results file on disk, which is only ever replaced as a whole.
enum ResultsSnapshot<Row: ResultRow> {
  /// Makes a results file without rows.
  static func create(_ target: String, _ settings: ResultsSettings) throws -> Descriptor {
    try AtomicFile.replace(target) { path, copy in
      // Made in memory: libhdf5 1.10 may crash where it meets a full disk.
      let file = try File(inMemory: path)
      let root = try file.root
      try root.setAttribute("format", ResultsFile.format)
      try root.setAttribute("version", ResultsFile.version)
      try settings.write(to: root)
      try root.setAttribute("started", now())
      let group = try root.createGroup(ResultsFile.groupName)
      try ResultsColumns<Row>.create(in: group, settings: settings, chunkRows: chunkRows(settings))
      try ResultsDimensions.write(to: group, settings)
      try file.image().withUnsafeBytes { try copy.write($0, at: 0) }
      try file.close()
    }
  }

  /// Makes a finished results file, whose columns `write` adds.
  static func assemble(
    _ target: String, _ settings: ResultsSettings, started: String?, write: (File) throws -> Void
  ) throws {
    _ = try AtomicFile.replace(target) { path, _ in
      let file = try File(creating: path)
      let root = try file.root
      try root.setAttribute("format", ResultsFile.format)
      try root.setAttribute("version", ResultsFile.version)
      try settings.write(to: root)
      try root.setAttribute("started", started ?? now())
      try write(file)
      try ResultsDimensions.write(to: root.group(ResultsFile.groupName), settings)
      try root.setAttribute("finished", now())
      try file.close()
    }
  }

  /// Puts a file with the journal's rows after those of the last one in its place.
  ///
  /// - Parameter check: Called often; what it throws leaves everything as it was.
  static func replace(
    _ target: String, _ last: Descriptor, adding journal: ResultsJournal<Row>, _ settings: ResultsSettings,
    finishing: Bool,
    check: () throws -> Void
  ) throws -> Descriptor {
    try check()
    return try AtomicFile.replace(target, check: { try refuseOther(target, than: last) }) { path, copy in
      // Find out that the disk is full before libhdf5 does.
      let rowBytes = 8 * Row.width(settings) + (settings.facts.exampleNames == nil ? 0 : 64)
      try copy.reserve(last.byteCount + (journal.count + chunkRows(settings)) * rowBytes + (1 << 15))
      try copy.copyMode(of: last)
      try copy.copy(from: last, check: check)
      let file = try File(updating: path)
      let root = try file.root
      let group = try root.group(ResultsFile.groupName)
      for start in stride(from: 0, to: journal.count, by: ResultsFile.blockRows) {
        let rows = try journal.rows(start..<min(start + ResultsFile.blockRows, journal.count))
        try ResultsColumns.append(rows, to: group, settings: settings)
        if (start / ResultsFile.blockRows + 1).isMultiple(of: flushedBlocks) {
          try file.flush()
          try copy.synchronize()
        }
        try check()
      }
      // The range may be larger than when the file was begun, or even finished.
      try settings.writeRange(to: root)
      try settings.writeFacts(to: root)
      if finishing { try root.setAttribute("finished", now()) } else { try root.removeAttribute("finished") }
      try file.close()
    }
  }

  /// Blocks of rows after which what is written goes to the disk, so that waiting for it at the end is never long.
  private static var flushedBlocks: Int { 64 }

  /// Rows that lie together in the file: no more than there will be.
  private static func chunkRows(_ settings: ResultsSettings) -> Int {
    max(1, min(ResultsFile.blockRows, settings.examples.count))
  }

  /// One that was removed is made again; one that someone else put there is not ours to replace.
  private static func refuseOther(_ target: String, than last: Descriptor) throws {
    guard let found = try Descriptor.Identity(at: target), try found != last.identity else { return }
    throw EvidenceError(
      .inputOutput,
      "\(target): another file was put in its place while the run went on", remedies: [.moveFileAndResume])
  }

  private static func now() -> String { Date.now.ISO8601Format() }
}
