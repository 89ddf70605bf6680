import Foundation
import Testing

@testable import EvidenceCommand
@testable import Report

@Suite struct ReportDrawingTests {
  @Test(arguments: [
    (0.0, 10.0, ["0", "2", "4", "6", "8", "10"]),
    (-84.3, -81.9, ["−84.5", "−84.0", "−83.5", "−83.0", "−82.5", "−82.0", "−81.5"]),
    (0.0, 0.37, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
    (0, 23_456, ["0", "5 000", "10 000", "15 000", "20 000", "25 000"]),
  ]) func linearTicks(lower: Double, upper: Double, labels: [String]) {
    #expect(
      Scale.linear(lower, upper).ticks().map { $0.label.replacingOccurrences(of: "\u{2009}", with: " ") } == labels)
  }

  @Test func logarithmicTicks() {
    #expect(Scale.logarithmic(1, 1000).ticks().map(\.label).first == "1")
    #expect(Scale.logarithmic(1e-6, 1).ticks().map(\.label) == ["10⁻⁶", "10⁻⁴", "0.01", "1"])
    #expect(Scale.logarithmic(3, 40).ticks().map(\.label) == ["5", "10", "20"])
    #expect(Scale.logarithmic(3, 3).ticks().count >= 2)
    #expect(Scale.logarithmic(1, 10_000).fraction(100) == 0.5)
  }

  @Test(arguments: [0.0, 5, -1e-300, 1e300, -84.3]) func scaleOfOneValue(value: Double) {
    let scale = Scale.linear(value, value)
    #expect(scale.lower < scale.upper || value.magnitude == 1e300)
    #expect(scale.fraction(value).isFinite)
  }

  @Test func scaleOfNothing() {
    #expect(Scale.linear(.nan, .infinity).lower == 0)
    #expect(Scale.logarithmic(0, 0).fraction(0).isFinite)
  }

  @Test func histogram() {
    let histogram = Histogram([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, .nan, .infinity])
    #expect(histogram.nonFinite == 2)
    #expect(histogram.counts.reduce(0, +) == 10)
    #expect(histogram.step == 2 && histogram.first == 0 && histogram.counts == [2, 2, 2, 2, 2])
    #expect(Histogram([3.5, 3.5]).counts == [2])
    #expect(Histogram([]).counts.isEmpty)
    #expect(Histogram((0..<10_000).map { pow(Double($0), 5) }).counts.count <= 60)
  }

  @Test func wordsKeepApart() {
    var chart = Chart("t", summary: "s", x: .init("", .exact(0, 1)), y: .init("", .exact(0, 1)))
    let first = chart.write("−84.50", at: [(200, 100, "middle")])
    let second = chart.write("−84.50", at: [(210, 104, "middle")])
    let third = chart.write("−84.50", at: [(210, 104, "middle"), (210, 130, "middle")])
    #expect(first && !second && third)
    let cut = chart.write("a long line that would be cut off", at: [(370, 100, "start")])
    #expect(!cut)
  }

  @Test func markupIsEscaped() {
    #expect(Markup("p", ["title": "a\"b<"], "x & <y>").source == "<p title=\"a&quot;b&lt;\">x &amp; &lt;y&gt;</p>\n")
    #expect(Markup.escaped("\u{0}\u{FFFE}\t") == "\u{FFFD}\u{FFFD}\t")
  }

  @Test func image() {
    // RFC 2083: the signature, and a chunk's length, type, content and CRC; the CRC of an empty IEND is AE 42 60 82.
    let file = PNG.encode([0, 255], width: 2, height: 1, channels: 1)
    #expect(file.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(file.suffix(8) == [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
    // One stored block of filter, 0, 255, and its Adler-32: a = 1 + 255, b = 1 + 1 + 256.
    let block: [UInt8] = [0x78, 1, 1, 3, 0, 0xFC, 0xFF, 0, 0, 255, 1, 2, 1, 0]
    #expect(file.indices.contains { file[$0...].starts(with: block) })
  }

  @Test(arguments: [
    ([784], 28, 28, 1), ([28, 20], 28, 20, 1), ([28, 28, 1], 28, 28, 1), ([32, 30, 3], 32, 30, 3),
    ([3, 32, 30], 32, 30, 3),
  ]) func imageShapes(shape: [Int], height: Int, width: Int, channels: Int) throws {
    let layout = try #require(ExampleImages.Layout(shape))
    #expect(layout.height == height && layout.width == width && layout.channels == channels)
  }

  @Test(arguments: [[], [4, 4, 4, 4], [783], [1], [28, 28, 5], [0, 0], [1, 9]]) func noImageShapes(shape: [Int]) {
    #expect(ExampleImages.Layout(shape) == nil)
  }

  @Test func picturesAreSmall() throws {
    let layout = try #require(ExampleImages.Layout([200, 400, 3]))
    let picture = ExampleImages.picture(
      [Double](repeating: 0.5, count: 240_000), layout, range: 0...1)
    #expect(picture.width == 80 && picture.height == 40)
    #expect(picture.address.hasPrefix("data:image/png;base64,iVBORw0KGgo"))
  }

  @Test func numbersStayOnOneLine() {
    #expect(PagePart.unbroken("1 000 000 of 5 000, 3 of 20") == "1\u{A0}000\u{A0}000 of 5\u{A0}000, 3 of 20")
  }
}
