import Evidence
import Foundation
import JSON
import TestSupport
import Testing

@testable import EvidenceCommand
@testable import Report

@Suite struct ReportCommandTests {
  @Test func pageOfRealResults() throws {
    try withTemporaryDirectory { directory in
      let run = try Executable.evidence.run(
        "nll", Repository.digitsModel, Repository.digits, "--examples", "0..20", "--samples", "50", "--output", "r.h5",
        "--quiet", in: directory)
      #expect(run.status == 0, "\(run.error)")
      let report = try Executable.evidence.run(
        "report", "r.h5", "--data", Repository.digits, "-o", "page.html", "--quiet", in: directory)
      #expect(report.status == 0 && report.output.isEmpty, "\(report.error)")
      let page = try String(contentsOfFile: directory + "/page.html", encoding: .utf8)
      #expect(ReportPageTests.Reader(page).isValid)
      #expect(page.components(separatedBy: "<img ").count == 21)
      #expect(page.contains("Digits, two-layer IWAE") && !page.contains("Drawn from the model"))
      let withModel = try Executable.evidence.run(
        "report", "r.h5", "--data", Repository.digits, "--model", Repository.digitsModel, "-o", "-", in: directory)
      #expect(withModel.status == 0 && ReportPageTests.Reader(withModel.output).isValid, "\(withModel.error)")
      // Two of the examples' lists are pairs then, and samples, reconstructions and traversals a picture each.
      #expect(withModel.output.components(separatedBy: "<img ").count == 1 + 2 * 20 + 3)
      #expect(["Drawn from the model", "Reconstructions", "Single units"].allSatisfy(withModel.output.contains))
      // A page may take the place of a page.
      let again = try Executable.evidence.run("report", "r.h5", "-o", "page.html", in: directory)
      #expect(again.status == 0)
      let printed = try Executable.evidence.run("report", "r.h5", "-o", "-", in: directory)
      #expect(printed.output.hasPrefix("<!DOCTYPE html>"))
    }
  }

  /// Units that are found for the page are those that `evidence units` prints.
  @Test func unitsAreFoundForThePage() throws {
    try withTemporaryDirectory { directory in
      func run(_ arguments: [String]) throws -> String {
        let run = try Executable.evidence.run(arguments + ["--quiet"], in: directory)
        #expect(run.status == 0, "\(run.error)")
        return run.output
      }
      let files = [Repository.digitsModel, Repository.digits]
      _ = try run(["nll"] + files + ["--examples", "0..30", "--samples", "20", "--output", "r.h5"])
      let printed = try run(["units"] + files + ["--examples", "0..30", "--format", "json"])
      try Data(printed.utf8).write(to: URL(filePath: directory + "/units.json"))
      let of = ["report", "r.h5", "--data", files[1], "--model", files[0], "-o", "-"]
      let found = try run(of + ["--units"])
      let read = try run(of + ["units.json"])
      #expect(found.contains("Layer z2: "))
      #expect(found.replacing("From \(files[0])", with: "From units.json") == read)
    }
  }

  @Test func otherDataAreRefused() throws {
    try withTemporaryDirectory { directory in
      try ReportPageTests.ten.write(to: directory + "/r.h5")
      try writeData(binaryRows, to: directory + "/other.h5")
      let run = try Executable.evidence.run("report", "r.h5", "--data", "other.h5", "-o", "page.html", in: directory)
      #expect(run.status == 65)
      #expect(run.error.hasPrefix("evidence: other.h5: not the data of these results: nothing is drawn of it\n"))
      #expect(!FileManager.default.fileExists(atPath: directory + "/page.html"))
    }
  }

  @Test func imagesOfTheRightData() throws {
    try withTemporaryDirectory { directory in
      try writeData((0..<10).map { _ in [0, 1, 1, 0] }, to: directory + "/data.h5")
      var results = ReportPageTests.ten
      results.dataSHA256 = try SHA256.hexDigest(ofFile: directory + "/data.h5")
      try results.write(to: directory + "/r.h5")
      let subject = try ReportSubject(ResultsFile(reading: directory + "/r.h5"))
      let images = try #require(try ExampleImages(directory + "/data.h5", dataset: nil, of: subject.settings))
      let expected = PNG.dataAddress([0, 255, 255, 0], width: 2, height: 2, channels: 1)
      #expect(try images.picture(of: 3) == .init(address: expected, width: 2, height: 2))
      let page = try ReportPage(subject: subject, images: images).html()
      #expect(page.contains("src=\"\(expected)\" alt=\"Example 9\""))
      #expect(ReportPageTests.Reader(page).words.contains("no. 9 −89.00 ± 0.10 k̂ 0.55 ESS 190"))
    }
  }

  @Test func whatIsNoPageIsKept() throws {
    try withTemporaryDirectory { directory in
      try ReportPageTests.ten.write(to: directory + "/r.h5")
      let run = try Executable.evidence.run("report", "r.h5", "-o", "r.h5", in: directory)
      #expect(run.status == 64)
      #expect(run.error.contains("r.h5: is there, and is no page: it is not overwritten"))
      #expect(try ResultsFile(reading: directory + "/r.h5").count == 10)
    }
  }

  @Test(arguments: [
    (["report", "none.h5", "-o", "p.html"], 66, "none.h5"),
    (["report", "r.h5"], 64, "--output"),
    (["report", "r.h5", "none.json", "-o", "p.html"], 66, "none.json: no such file"),
    (["report", "r.h5", "-o", "no/such/p.html"], 73, "no/such/p.html"),
    (["report", "r.h5", "-o", "."], 73, "."),
    (["report", "r.h5", "--dataset", "images", "-o", "p.html"], 64, "--data"),
  ]) func errors(arguments: [String], status: Int32, words: String) throws {
    try withTemporaryDirectory { directory in
      try ReportPageTests.ten.write(to: directory + "/r.h5")
      let run = try Running(.evidence, arguments, in: directory).wait()
      #expect(run.status == status)
      #expect(run.error.contains(words), "\(run.error)")
      #expect(run.output.isEmpty)
    }
  }
}
