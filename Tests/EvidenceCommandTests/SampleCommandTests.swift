import Foundation
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct SampleCommandTests {
  @Test func picturesAreDrawn() throws {
    try withTemporaryDirectory { directory in
      let picture = directory + "/samples.png"
      let arguments = ["sample", Repository.digitsModel, Repository.digits, "--count", "8", "--examples", "0..40"]
      let drawn = try Running(.evidence, arguments + ["-o", picture]).wait()
      #expect(drawn.status == 0, "\(drawn.error)")
      let bytes = try Data(contentsOf: URL(filePath: picture))
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      // Eight samples in a row, a row of originals, one of reconstructions, eight traversals of nine steps: 8 pixels each, 1 between.
      #expect(bytes[16..<24].map { Int($0) } == [0, 0, 0, 9 * 9 - 1, 0, 0, 0, 11 * 9 - 1])

      let again = try Running(.evidence, arguments + ["-o", picture]).wait()
      #expect(again.status == 73 && again.error.contains("--force"))

      let page = directory + "/samples.html"
      let alone = try Running(.evidence, ["sample", Repository.digitsModel, "--count", "4", "-o", page]).wait()
      #expect(alone.status == 0, "\(alone.error)")
      let html = try String(contentsOfFile: page, encoding: .utf8)
      #expect(html.contains("Drawn from the model") && !html.contains("Reconstructions"))
      let name = try Running(.evidence, ["sample", Repository.digitsModel, "-o", directory + "/samples.jpg"]).wait()
      #expect(name.status == 64)
    }
  }
}
