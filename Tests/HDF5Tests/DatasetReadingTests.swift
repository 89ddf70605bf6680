import HDF5
import Testing

@Suite struct DatasetReadingTests {
  @Test(arguments: ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"], ["little", "big"])
  func everyNumber(name: String, order: String) throws {
    let dataset = try kinds().root.dataset("numbers/\(order)/\(name)")
    #expect(dataset.shape == [4])
    #expect(try dataset.read() == [0, 1, 2, 100] as [Float])
    #expect(try dataset.read() == [0, 1, 2, 100] as [Double])
    if !name.hasPrefix("f") {
      #expect(try dataset.read() == [0, 1, 2, 100] as [UInt8])
      #expect(try dataset.read() == [0, 1, 2, 100] as [Int])
    } else {
      let error = try error { _ = try dataset.read(as: Int32.self) }
      #expect(error.code == .wrongType)
      #expect(error.message == "does not hold whole numbers")
    }
  }

  @Test func types() throws {
    let root = try kinds().root
    let expected: [(String, ElementType)] = [
      ("numbers/little/i2", .integer(bits: 16, signed: true)), ("numbers/big/u8", .integer(bits: 64, signed: false)),
      ("numbers/little/f2", .float(bits: 16)), ("numbers/big/f8", .float(bits: 64)),
      ("numbers/longdouble", .float(bits: 128)), ("numbers/boolean", .boolean), ("strings/fixed", .string),
      ("strings/variable", .string), ("other/compound", .other("compound")),
      ("other/enumeration", .other("enumeration")),
    ]
    for (path, type) in expected { #expect(try root.dataset(path).type == type) }
    #expect(ElementType.integer(bits: 8, signed: false).description == "uint8")
  }

  @Test func booleansAndLongDoublesAreNumbers() throws {
    let root = try kinds().root
    #expect(try root.dataset("numbers/boolean").read() == [1, 0, 1] as [Float])
    #expect(try root.dataset("numbers/boolean").read() == [1, 0, 1] as [UInt8])
    #expect(try root.dataset("numbers/longdouble").read() == [0.5, -2] as [Double])
  }

  @Test func integersThatDoNotFit() throws {
    let root = try File(inMemory: "a").root
    let dataset = try root.createDataset("x", type: .integer(bits: 64, signed: true), shape: [2])
    try dataset.write([1, 300] as [Int])
    let error = try error { _ = try dataset.read(as: UInt8.self) }
    #expect(error.description == "a: /x: holds a number that does not fit into uint8")
    #expect(try dataset.read(rows: 0..<1) == [1] as [UInt8])
  }

  @Test func strings() throws {
    let root = try kinds().root
    #expect(try root.dataset("strings/fixed").readStrings() == ["one", "three"])
    #expect(try root.dataset("strings/variable").readStrings() == ["eins", "zwölf", ""])
    #expect(try root.dataset("strings/scalar").readStrings() == ["alone"])
    let error = try error { _ = try root.dataset("strings/fixed").read(as: Float.self) }
    #expect(
      error.description == """
        kinds.h5: /strings/fixed: does not hold numbers
        expected integers, floats or booleans, found string
        """)
    #expect(try HDF5Tests.error { _ = try root.dataset("numbers/boolean").readStrings() }.code == .wrongType)
    #expect(try HDF5Tests.error { _ = try root.dataset("other/compound").read(as: Float.self) }.code == .wrongType)
    #expect(try HDF5Tests.error { _ = try root.dataset("strings/fixed").readStrings(limit: 1) }.code == .tooLarge)
  }

  @Test(arguments: [("gzip", 7), ("scaleoffset", 20)])
  func filters(name: String, rowsPerChunk: Int) throws {
    let dataset = try kinds().root.dataset("filters/" + name)
    #expect(dataset.rowsPerChunk == rowsPerChunk)
    #expect(try dataset.read() == (0..<60).map { Float($0) })
    #expect(try dataset.read(rows: 5..<9) == (15..<27).map { Float($0) })
  }

  @Test func rows() throws {
    let root = try File(inMemory: "a").root
    let dataset = try root.createDataset("x", type: .integer(bits: 8, signed: false), shape: [5, 2, 2])
    try dataset.write((0..<20).map(UInt8.init))
    #expect(try dataset.read(rows: 1..<3) == (4..<12).map { Float($0) })
    #expect(try dataset.read(rows: 3..<5) == (12..<20).map { Int8($0) })
    #expect(try dataset.read(rows: 2..<2, as: Float.self).isEmpty)
    let error = try error { _ = try dataset.read(rows: 4..<6, as: Float.self) }
    #expect(error.description == "a: /x: has no such rows\nexpected rows within 0..<5, found 4..<6")
    #expect(try HDF5Tests.error { _ = try dataset.read(rows: 0..<3, as: Float.self, limit: 11) }.code == .tooLarge)
    #expect(try HDF5Tests.error { _ = try dataset.read(as: Float.self, limit: 19) }.code == .tooLarge)
    var small = [Float](repeating: 0, count: 3)
    try small.withUnsafeMutableBufferPointer { buffer in
      _ = try #require(throws: HDF5Error.self) { try dataset.read(rows: 0..<1, into: buffer) }
    }
  }

  @Test(arguments: [
    ("refused/virtual", "is a virtual dataset, made of parts of other files; store the data itself"),
    ("refused/external", "is stored in another file, which is not followed; store the data in this file"),
    (
      "filters/lzf",
      """
      is compressed by a filter that is not part of libhdf5; store it again with gzip or none (h5py: \
      target.create_dataset(name, data=source[name][:], compression="gzip"))
      expected gzip, shuffle, fletcher32 or none, found filter 32000 (lzf)
      """
    ),
  ])
  func refusals(path: String, message: String) throws {
    let error = try error { _ = try kinds().root.dataset(path).read(as: Float.self) }
    #expect(error.code == .refused)
    #expect(error.description == "kinds.h5: /\(path): " + message)
  }

  @Test(arguments: ["contiguous", "chunked", "overflow"])
  func absurdClaims(name: String) throws {
    let dataset = try kinds().root.dataset("claims/" + name)
    let all = try error { _ = try dataset.read(as: Float.self, limit: .max) }
    #expect(all.code == .tooLarge)
    let some = try error { _ = try dataset.read(rows: 0..<1, as: Float.self) }
    #expect(some.code == .tooLarge)
    #expect(all.message.hasPrefix("claims"))
  }

  /// libhdf5 would give zeros.
  @Test func whatWasNeverWrittenIsNoData() throws {
    let dataset = try kinds().root.dataset("claims/unwritten")
    let error = try error { _ = try dataset.read(as: Double.self) }
    #expect(error.code == .damaged && error.message == "holds no values: none were ever written")
  }

  @Test(arguments: ["plain", "checked", "gzip", "all", "scaled", "raw"])
  func chunksThatAreThere(name: String) throws {
    let dataset = try fixture("chunks").root.dataset("whole/" + name)
    #expect(try dataset.read() == (0..<30).map(Double.init))
    #expect(try dataset.read(rows: 7..<9) == (21..<27).map(Double.init))
  }

  /// libhdf5 would give zeros for the chunks that are missing, and what happens to be in memory for the end of one that
  /// is too short.
  @Test(arguments: [
    "missing/plain", "missing/checked", "missing/gzip", "missing/all", "missing/scaled", "short/plain", "short/gzip",
    "short/raw", "short/long", "short/cut",
  ])
  func chunksThatAreMissingOrOfAnotherSize(path: String) throws {
    let dataset = try fixture("chunks").root.dataset(path)
    let whole = try error { _ = try dataset.read(as: Double.self) }
    #expect(whole.code == .damaged)
    #expect(
      whole.description
        == "chunks.h5: /\(path): is not complete: some of its values were never written, or are damaged")
    let rows = try error { _ = try dataset.read(rows: 5..<9, as: Float.self) }
    #expect(rows.code == .damaged)
    // Of chunks with filters, only those that are read are looked at.
    if !path.hasSuffix("plain") { #expect(try dataset.read(rows: 0..<4) == (0..<12).map(Double.init)) }
  }

  @Test func datasetsWithoutShape() throws {
    #expect(try error { _ = try kinds().root.dataset("other/null") }.code == .wrongShape)
  }

  /// A flipped bit in the description of a type would double every number, or make others of them.
  @Test(arguments: [0: 0x15, 1: 7, 2: 1, 3: 0x1f, 4: 0x7e] as [Int: UInt8])
  func formatsOfFloatsThatDoNotExist(field: Int, value: UInt8) throws {
    let file = try File(inMemory: "a")
    try file.root.createDataset("x", type: .float(bits: 32), shape: [3]).write([1, 2, 3] as [Float])
    var bytes = try file.image()
    // Place and size of the exponent, of the mantissa, and the exponent's bias.
    let fields: [UInt8] = [23, 8, 0, 23, 127, 0, 0, 0]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: fields) })
    bytes[place + field] = value
    let dataset = try File(readingImage: bytes, name: "a").root.dataset("x")
    let error = try error { _ = try dataset.read(as: Float.self) }
    #expect(error.code == .wrongType && error.found == "unusual float")
  }

  @Test func integersOfFewerBitsThanTheyHave() throws {
    let file = try File(inMemory: "a")
    try file.root.createDataset("x", type: .integer(bits: 32, signed: false), shape: [3]).write([1, 2, 3] as [Int32])
    var bytes = try file.image()
    // Size, first bit and number of bits.
    let fields: [UInt8] = [4, 0, 0, 0, 0, 0, 32, 0]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: fields) })
    bytes[place + 6] = 31
    let error = try error { _ = try File(readingImage: bytes, name: "a").root.dataset("x").read(as: Float.self) }
    #expect(error.code == .wrongType && error.found == "unusual integer")
  }

  @Test func damagedChunksAreNoticed() throws {
    let file = try File(inMemory: "a")
    let values = (0..<1000).map { Float($0) }
    try file.root.createDataset("x", type: .float(bits: 32), shape: [1000], compressed: true).write(values)
    var bytes = try file.image()
    let range = bytes.count - 300..<bytes.count - 200
    for index in range { bytes[index] ^= 0x5a }
    let error = try error { _ = try File(readingImage: bytes, name: "a").root.dataset("x").read(as: Float.self) }
    #expect(error.code == .damaged && error.message.hasPrefix("is not complete"))
  }
}
