import Foundation
import TestSupport
import Testing

@testable import EvidenceCommand

/// A report's drawings alone, with their numbers.
@Suite struct PlotCommandTests {
  private static func results(_ name: String, shift: Double = 0, in directory: String) throws {
    var results = HandmadeResults()
    results.values = (0..<40).map { -90 + Double($0 * 7 % 40) / 4 - shift }
    results.shapes = results.values.indices.map { 0.2 + Double($0) / 50 }
    try results.write(to: "\(directory)/\(name).h5")
  }

  private static let units = """
    {"command": "units", "layers": [{"layer": 1, "units": 3, "threshold": 0.01, "active": 2, "variance": [0.5, 0.001, 0.02],
     "varianceStandardError": [0.05, 0.0002, 0.008], "undecidedUnits": [2], "kl": [1.2, 0.01, 0.2],
     "pca": {"eigenvalues": [0.45, 0.07, 0.001], "active": 2}}]}
    """

  @Test(
    arguments: [
      ("curve", "model,k,mean", 5), ("pareto", "example,pareto_k,effective_sample_size", 40),
      ("histogram", "from,to,examples", nil),
      ("units", "unit,variance,standard_error,kl", 3), ("spectrum", "direction,eigenvalue", 3),
    ] as [(String, String, Int?)])
  func eachFigureComesWithItsNumbers(figure: String, head: String, rows: Int?) throws {
    try withTemporaryDirectory { directory in
      try Self.results("a", in: directory)
      try Self.units.write(toFile: directory + "/units.json", atomically: true, encoding: .utf8)
      let file = ["units", "spectrum"].contains(figure) ? "units.json" : "a.h5"
      let run = try Executable.evidence.run("plot", file, "--figure", figure, "-o", "f.svg", in: directory)
      #expect(run.status == 0 && run.output.isEmpty, "\(run.error)")
      #expect(run.error.contains("written: f.svg, and its numbers in f.csv"))
      let svg = try String(contentsOfFile: directory + "/f.svg", encoding: .utf8)
      #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=") && svg.contains("width=\"86.00mm\""))
      #expect(!svg.contains("var(--") && svg.contains("<style>"))
      #expect(ReportPageTests.Reader(svg).isValid, "\(figure): well-formed")
      let table = try String(contentsOfFile: directory + "/f.csv", encoding: .utf8).split(separator: "\n")
      #expect(table[0] == head)
      if let rows { #expect(table.count == rows + 1) }
    }
  }

  @Test func severalCurvesInOnePicture() throws {
    try withTemporaryDirectory { directory in
      try Self.results("first", in: directory)
      try Self.results("second", shift: 2, in: directory)
      let run = try Executable.evidence.run("plot", "first.h5", "second.h5", "-o", "f.svg", in: directory)
      #expect(run.status == 0, "\(run.error)")
      let svg = try String(contentsOfFile: directory + "/f.svg", encoding: .utf8)
      #expect(svg.contains(">first</text>") && svg.contains(">second</text>") && svg.contains("line s1"))
      let table = try String(contentsOfFile: directory + "/f.csv", encoding: .utf8).split(separator: "\n")
      #expect(table.count == 11 && table[6].hasPrefix("second,1,"))
      let refused = try Executable.evidence.run(
        "plot", "first.h5", "second.h5", "--figure", "pareto", "-o", "g.svg", in: directory)
      #expect(refused.status == 64 && refused.error.contains("curve takes several"))
    }
  }

  @Test func nothingIsReplacedUnasked() throws {
    try withTemporaryDirectory { directory in
      try Self.results("a", in: directory)
      try "mine".write(toFile: directory + "/f.csv", atomically: true, encoding: .utf8)
      let refused = try Executable.evidence.run("plot", "a.h5", "-o", "f.svg", in: directory)
      #expect(refused.status == 73 && refused.error.contains("f.csv: there is a file already"))
      #expect(try String(contentsOfFile: directory + "/f.csv", encoding: .utf8) == "mine")
      #expect(try Executable.evidence.run("plot", "a.h5", "-o", "f.svg", "--force", in: directory).status == 0)
      let layer = try Executable.evidence.run("plot", "a.h5", "--figure", "units", "-o", "u.svg", in: directory)
      #expect(layer.status == 65 && layer.error.contains("expected what `evidence units"), "\(layer.error)")
    }
  }

  /// What makes PDF and PNG may not be installed, and is then named.
  @Test(arguments: [("pdf", Array("%PDF".utf8)), ("png", [0x89] + Array("PNG".utf8))])
  func otherFormatsAreMadeByLibrsvg(format: String, start: [UInt8]) throws {
    try withTemporaryDirectory { directory in
      try Self.results("a", in: directory)
      #expect(try Executable.evidence.run("plot", "a.h5", "-o", "f.svg", in: directory).status == 0)
      // The numbers that are there are those of this figure.
      let run = try Executable.evidence.run("plot", "a.h5", "-o", "f.\(format)", in: directory)
      let isInstalled = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/rsvg-convert") }
      if isInstalled {
        #expect(run.status == 0, "\(run.error)")
        #expect(FileManager.default.contents(atPath: "\(directory)/f.\(format)")?.starts(with: start) == true)
      } else {
        #expect(run.status == 71 && run.error.contains("apt-get install librsvg2-bin"), "\(run.error)")
        #expect(!FileManager.default.fileExists(atPath: directory + "/f.\(format)"))
      }
    }
  }
}
