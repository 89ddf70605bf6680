import Foundation
import HDF5
import Testing

@testable import Evidence

@Suite struct ResultsWriterTests {
  let rows = (3..<203).map { resultsRow($0) }

  @Test func roundTripToTheBit() throws {
    try withResultsPath { path in
      var settings = resultsSettings()
      settings.seed = .max
      let writer = try ResultsWriter(creating: path, settings: settings)
      for row in rows { try writer.append(row) }
      try writer.finish()
      #expect(writer.isFinished && writer.savedCount == 200)
      let file = try ResultsFile(reading: path)
      #expect(file.settings == settings)
      #expect(file.finished != nil && file.count == 200)
      #expect(try bits(ofFile: path) == bits(rows))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory(path)) == ["results.h5"])
    }
  }

  @Test func withoutCurve() throws {
    try withResultsPath { path in
      let settings = resultsSettings(examples: 0..<3, curve: [])
      let writer = try ResultsWriter(creating: path, settings: settings)
      for index in 0..<3 { try writer.append(resultsRow(index, curve: 0)) }
      try writer.finish()
      #expect(try ResultsFile(reading: path).settings == settings)
      #expect(try bits(ofFile: path) == bits((0..<3).map { resultsRow($0, curve: 0) }))
    }
  }

  @Test(arguments: [0, 1, 63, 64, 130, 200]) func resumedEqualsUninterrupted(stop: Int) throws {
    try withResultsPath { path in
      let settings = resultsSettings()
      let first = try ResultsWriter(creating: path, settings: settings)
      for row in rows[..<stop] { try first.append(row) }
      try first.close()
      #expect(try ResultsFile(reading: path).count == stop)
      let second = try ResultsWriter(resuming: path, settings: settings)
      #expect(second.restoredCount == stop && second.savedCount == stop)
      #expect(bits(try all(second.restored())) == bits(Array(rows[..<stop])))
      for row in rows[stop...] { try second.append(row) }
      try second.finish()
      #expect(try bits(ofFile: path) == bits(rows))
    }
  }

  /// At every moment the file is whole, and holds what is said to be saved.
  @Test func alwaysValid() throws {
    try withResultsPath { path in
      let writer = try ResultsWriter(creating: path, settings: resultsSettings())
      for (position, row) in rows.enumerated() {
        try writer.append(row)
        if position % 11 == 0 { try writer.saveNow() }
        let file = try ResultsFile(reading: path)
        #expect(file.count == writer.savedCount && file.finished == nil)
        #expect(bits(try file.rows(0..<file.count)) == bits(Array(rows[..<file.count])))
      }
      #expect(writer.count == 200 && writer.savedCount == 199)
    }
  }

  @Test func finishedIsFineToResume() throws {
    try withResultsPath { path in
      let settings = resultsSettings(examples: 0..<2)
      let first = try ResultsWriter(creating: path, settings: settings)
      for index in 0..<2 { try first.append(resultsRow(index)) }
      try first.finish()
      let journal = FileManager.default.createFile(atPath: path + ".journal", contents: Data())
      #expect(journal)
      let again = try ResultsWriter(resuming: path, settings: settings)
      #expect(again.isFinished && again.restoredCount == 2)
      try again.finish()
      try again.close()
      #expect(try refusal { try again.append(resultsRow(2)) }.code == .invalidResults)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory(path)) == ["results.h5"])
    }
  }

  @Test func resumingNothingBegins() throws {
    try withResultsPath { path in
      let writer = try ResultsWriter(resuming: path, settings: resultsSettings())
      #expect(writer.restoredCount == 0)
      #expect(try writer.restored().count == 0)
      #expect(try ResultsFile(reading: path).count == 0)
    }
  }

  @Test func orderIsKept() throws {
    try withResultsPath { path in
      let writer = try ResultsWriter(creating: path, settings: resultsSettings())
      #expect(try refusal { try writer.append(resultsRow(4)) }.code == .invalidResults)
      #expect(try refusal { try writer.append(resultsRow(3, curve: 2)) }.code == .invalidResults)
      try writer.append(resultsRow(3))
      #expect(try refusal { try writer.append(resultsRow(3)) }.code == .invalidResults)
      #expect(try refusal { try writer.finish() }.description.contains("1 of 200"))
    }
  }

  @Test func scheduleKeepsTheCostLow() {
    let start = ContinuousClock.now
    var schedule = SaveSchedule(now: start)
    #expect(!schedule.isDue(rows: 0, now: start + .seconds(100)))
    #expect(!schedule.isDue(rows: 63, now: start + .milliseconds(999)))
    #expect(schedule.isDue(rows: 64, now: start))
    #expect(schedule.isDue(rows: 1, now: start + .seconds(1)))
    schedule.saved(from: start, to: start + .milliseconds(1))
    #expect(!schedule.isDue(rows: 1000, now: start + .milliseconds(2000)))
    #expect(schedule.isDue(rows: 1, now: start + .milliseconds(2001)))
    schedule.saved(from: start, to: start + .seconds(1))
    #expect(!schedule.isDue(rows: 1_000_000, now: start + .seconds(50)))
    #expect(schedule.isDue(rows: 1, now: start + .seconds(51)))
    schedule.saved(from: start, to: start + .seconds(1000))
    #expect(schedule.isDue(rows: 1, now: start + .seconds(1300)))
  }

  private func directory(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
}
