import Foundation
import Testing

@testable import Evidence

/// What may happen to a results file while a run goes on.
@Suite struct ResultsFaultTests {
  @Test func twoRunsOnOneOutput() throws {
    try withResultsPath { path in
      let first = try Writer(creating: path, settings: resultsSettings())
      let second = try refusal { _ = try Writer(resuming: path, settings: resultsSettings()) }
      #expect(second.code == .cannotCreateOutput && second.description.contains("another run is writing to it"))
      try first.append(resultsRow(3))
      try first.close()
      // The lock went with the writer.
      #expect(try Writer(resuming: path, settings: resultsSettings()).restoredCount == 1)
    }
  }

  @Test func aLinkLeadsToTheFile() throws {
    try withResultsPath { path in
      try Writer(creating: path, settings: resultsSettings()).close()
      let link = path + ".link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      let first = try Writer(resuming: link, settings: resultsSettings())
      // Under whatever name, it is one file and has one lock.
      #expect(throws: EvidenceError.self) { try Writer(resuming: path, settings: resultsSettings()) }
      try first.append(resultsRow(3))
      try first.close()
      #expect(try ResultsFile(reading: path).count == 1)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    }
  }

  @Test func notAFile() throws {
    try withResultsPath { path in
      let directory = (path as NSString).deletingLastPathComponent
      for begin in [Writer.init(creating:settings:), Writer.init(resuming:settings:)] {
        let isDirectory = try refusal { _ = try begin(directory, resultsSettings()) }
        #expect(isDirectory.code == .cannotCreateOutput && isDirectory.description.contains("is a directory"))
        let device = try refusal { _ = try begin("/dev/null", resultsSettings()) }
        #expect(device.code == .cannotCreateOutput && device.description.contains("not a regular file"))
        let nowhere = try refusal { _ = try begin(directory + "/none/r.h5", resultsSettings()) }
        #expect(nowhere.code == .cannotCreateOutput && nowhere.description.contains("No such file or directory"))
      }
    }
  }

  @Test(.disabled(if: getuid() == 0, "root may write anywhere")) func readOnlyDirectory() throws {
    try withResultsPath { path in
      let directory = (path as NSString).deletingLastPathComponent
      try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: directory)
      defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory) }
      let refusal = try refusal { _ = try Writer(creating: path, settings: resultsSettings()) }
      #expect(refusal.code == .cannotCreateOutput && refusal.description.contains("Permission denied"))
    }
  }

  @Test func removedFileIsMadeAgain() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      for index in 3..<6 { try writer.append(resultsRow(index)) }
      try writer.saveNow()
      try FileManager.default.removeItem(atPath: path)
      try writer.append(resultsRow(6))
      try writer.close()
      #expect(try bits(ofFile: path) == bits((3..<7).map { resultsRow($0) }))
    }
  }

  @Test func foreignFileIsNotReplaced() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      try writer.append(resultsRow(3))
      try Data("precious".utf8).write(to: URL(filePath: path + ".other"))
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.moveItem(atPath: path + ".other", toPath: path)
      let refusal = try refusal { try writer.saveNow() }
      #expect(refusal.code == .inputOutput && refusal.description.contains("another file was put in its place"))
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }
  }

  @Test func directoryRemoved() throws {
    try withResultsPath { path in
      let directory = (path as NSString).deletingLastPathComponent
      let writer = try Writer(creating: path, settings: resultsSettings())
      try writer.append(resultsRow(3))
      try FileManager.default.removeItem(atPath: directory)
      let refusal = try refusal { try writer.saveNow() }
      #expect(refusal.code == .inputOutput && refusal.description.contains("No such file or directory"))
    }
  }

  /// A full disk: the file can't grow, what was saved stays, and the rest goes on once there is room.
  @Test func failedSaveKeepsEverything() throws {
    try withResultsPath { path in
      let settings = resultsSettings()
      do {
        let writer = try Writer(creating: path, settings: settings)
        for index in 3..<13 { try writer.append(resultsRow(index)) }
        try writer.saveNow()
        for index in 13..<20 { try writer.append(resultsRow(index)) }
        // A directory that isn't empty in the place of the next file makes saving fail, also for root.
        let obstacle = ResultsPaths.partial(path)
        try FileManager.default.createDirectory(atPath: obstacle + "/x", withIntermediateDirectories: true)
        let refusal = try refusal { try writer.saveNow() }
        #expect(refusal.code == .inputOutput)
        #expect(refusal.description.contains("10 examples are saved, 7 more are in"))
        #expect(throws: EvidenceError.self) { try writer.close() }
        try FileManager.default.removeItem(atPath: obstacle)
      }
      #expect(try bits(ofFile: path) == bits((3..<13).map { resultsRow($0) }))
      let again = try Writer(resuming: path, settings: settings)
      #expect(again.restoredCount == 17)
      #expect(bits(try all(again.restored())) == bits((3..<20).map { resultsRow($0) }))
    }
  }

  /// A stop that comes while a large file would have to be replaced: rows stay in the journal.
  @Test func cancellationLeavesTheFileAsItIs() throws {
    try withResultsPath { path in
      do {
        let writer = try Writer(creating: path, settings: resultsSettings())
        writer.cancellation = Cancellation()
        for index in 3..<13 { try writer.append(resultsRow(index)) }
        try writer.saveNow()
        for index in 13..<20 { try writer.append(resultsRow(index)) }
        writer.grace = .zero
        writer.cancellation?.cancel()
        #expect(throws: CancellationError.self) { try writer.saveNow() }
        // More rows than wait for a file: the replacement that is due does not come either.
        for index in 20..<90 { try writer.append(resultsRow(index)) }
        try writer.close()
        #expect(writer.savedCount == 10 && writer.journaledCount == 77 && writer.count == 87)
        try writer.close()
      }
      #expect(try bits(ofFile: path) == bits((3..<13).map { resultsRow($0) }))
      #expect(!FileManager.default.fileExists(atPath: ResultsPaths.partial(path)))
      let again = try Writer(resuming: path, settings: resultsSettings())
      #expect(bits(try all(again.restored())) == bits((3..<90).map { resultsRow($0) }))
    }
  }

  /// What takes no time is saved on a stop.
  @Test func cancellationStillSavesASmallFile() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      writer.cancellation = Cancellation()
      writer.grace = .seconds(600)
      try writer.append(resultsRow(3))
      writer.cancellation?.cancel()
      try writer.close()
      #expect(writer.savedCount == 1 && writer.journaledCount == 0)
    }
  }

  @Test func permissionsAreKept() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      try writer.append(resultsRow(3))
      try writer.close()
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
    }
  }

  @Test func reservedSpaceIsGivenBack() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings(examples: 3..<2003))
      for index in 3..<2003 { try writer.append(resultsRow(index)) }
      try writer.finish()
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
      #expect(size < 2048 * 18 * 8 + 64 << 10)
    }
  }
}
