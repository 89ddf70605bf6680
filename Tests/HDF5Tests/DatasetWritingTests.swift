import HDF5
import Testing

@Suite struct DatasetWritingTests {
  @Test(arguments: [
    ElementType.integer(bits: 8, signed: true), .integer(bits: 8, signed: false), .integer(bits: 16, signed: true),
    .integer(bits: 16, signed: false), .integer(bits: 32, signed: true), .integer(bits: 32, signed: false),
    .integer(bits: 64, signed: true), .integer(bits: 64, signed: false), .float(bits: 16), .float(bits: 32),
    .float(bits: 64),
  ])
  func everyNumber(type: ElementType) throws {
    let dataset = try File(inMemory: "a").root.createDataset("x", type: type, shape: [2, 2])
    #expect(dataset.type == type)
    try dataset.write([1, 2, 3, 4] as [Int])
    try dataset.write([9, 10] as [UInt8], atRow: 1)
    #expect(try dataset.read() == [1, 2, 9, 10] as [Double])
  }

  @Test func booleansAndStrings() throws {
    let root = try File(inMemory: "a").root
    let booleans = try root.createDataset("b", type: .boolean, shape: [2])
    try booleans.write([1, 0] as [Int8])
    #expect(booleans.type == .boolean)
    #expect(try booleans.read() == [1, 0] as [Float])
    let strings = try root.createDataset("s", type: .string, shape: [2])
    try strings.writeStrings(["ja", "né"])
    #expect(try strings.readStrings() == ["ja", "né"])
    #expect(try error { try strings.write([1, 2] as [Float]) }.code == .wrongType)
    #expect(try error { try strings.writeStrings(["one"]) }.code == .wrongShape)
  }

  @Test func halfPrecisionIsIEEE() throws {
    let dataset = try File(inMemory: "a").root.createDataset("x", type: .float(bits: 16), shape: [4])
    try dataset.write([0.5, -65504, 6e-8, 1.0009765625] as [Float])
    #expect(try dataset.read() == [0.5, -65504, 5.9604644775390625e-08, 1.0009765625] as [Double])
  }

  @Test func scalarsAndEmptyDatasets() throws {
    let root = try File(inMemory: "a").root
    let scalar = try root.createDataset("s", type: .float(bits: 64), shape: [])
    try scalar.write([2.5] as [Double])
    #expect(try scalar.read() == [2.5] as [Double])
    #expect(try error { _ = try scalar.read(rows: 0..<1, as: Float.self) }.message == "is a scalar, without rows")
    let empty = try root.createDataset("e", type: .float(bits: 64), shape: [0, 3])
    try empty.write([] as [Double])
    #expect(try empty.read(as: Double.self).isEmpty)
  }

  /// As AnnData stores names: a string's length, address and index lie in the chunk, more bytes than its pointer has.
  @Test func compressedStrings() throws {
    let names = (0..<9).map { "cell\($0)" }
    let file = try File(inMemory: "a")
    let strings = try file.root.createDataset("names", type: .string, shape: [9], chunkRows: 4, compressed: true)
    try strings.writeStrings(names)
    let grown = try file.root.createDataset("grown", type: .string, shape: [0], extendable: true, chunkRows: 4)
    try grown.append(strings: Array(names[..<3]))
    try grown.append(strings: Array(names[3...]))
    let copy = try File(readingImage: file.image(), name: "copy").root
    #expect(try copy.dataset("names").readStrings() == names)
    #expect(try copy.dataset("grown").readStrings() == names)
  }

  @Test func compressedAndAppended() throws {
    let file = try File(inMemory: "a")
    let dataset = try file.root.createDataset(
      "x", type: .float(bits: 32), shape: [0, 3], extendable: true, chunkRows: 4, compressed: true)
    var expected: [Float] = []
    for count in [1, 4, 7, 20] {
      let rows = (0..<3 * count).map { Float(expected.count + $0) }
      try dataset.append(rows: rows)
      expected += rows
      #expect(dataset.shape == [expected.count / 3, 3])
      #expect(try dataset.read() == expected)
    }
    let copy = try File(readingImage: file.image(), name: "copy").root.dataset("x")
    #expect(copy.rowsPerChunk == 4)
    for start in stride(from: 0, to: 30, by: 5) {
      #expect(try copy.read(rows: start..<start + 5) == Array(expected[3 * start..<3 * (start + 5)]))
    }
  }

  @Test func largeCompressibleDataIsBelieved() throws {
    let file = try File(inMemory: "a")
    let count = 6 << 20
    try file.root.createDataset("x", type: .float(bits: 32), shape: [count], compressed: true)
      .write([Float](repeating: 0, count: count))
    let copy = try File(readingImage: file.image(), name: "copy")
    #expect(try copy.root.dataset("x").read(as: Float.self).count == count)
  }

  @Test func wrongShapes() throws {
    let root = try File(inMemory: "a").root
    let fixed = try root.createDataset("x", type: .float(bits: 32), shape: [2, 2])
    #expect(
      try error { try fixed.write([1] as [Float]) }.description
        == "a: /x: other than 1 values are needed\nexpected 4 in [2, 2]")
    #expect(try error { try fixed.write([1, 2, 3] as [Float], atRow: 0) }.code == .wrongShape)
    #expect(try error { try fixed.write([1, 2] as [Float], atRow: 2) }.code == .wrongShape)
    #expect(try error { try fixed.append(rows: [1, 2] as [Float]) }.description == "a: /x: the dataset can't grow")
    #expect(try error { _ = try root.createDataset("y", type: .float(bits: 32), shape: [-1]) }.code == .wrongShape)
    #expect(try error { _ = try root.createDataset("y", type: .other("x"), shape: [1]) }.code == .wrongType)
  }

  @Test func numbersThatDoNotFit() throws {
    let root = try File(inMemory: "a").root
    let bytes = try root.createDataset("x", type: .integer(bits: 8, signed: false), shape: [1])
    #expect(
      try error { try bytes.write([256] as [Int]) }.description == "a: /x: holds a number that does not fit into uint8")
    #expect(try error { try bytes.write([0.5] as [Float]) }.code == .wrongType)
  }
}
