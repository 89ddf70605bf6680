import Compression
import Foundation
import Testing

@testable import Evidence

/// Arrays of numpy, written here byte by byte as numpy writes them.
@Suite struct NumpyTests {
  /// A `.npy` file.
  static func array(
    _ description: String, _ shape: String, _ numbers: [UInt8], fortran: Bool = false, version: UInt8 = 1
  ) -> Data {
    var header = "{'descr': '\(description)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (\(shape)), }"
    let prefix = version == 1 ? 10 : 12
    header += String(repeating: " ", count: 63 - (prefix + header.utf8.count) % 64) + "\n"
    let length = header.utf8.count
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    bytes += (0..<(version == 1 ? 2 : 4)).map { UInt8(length >> (8 * $0) & 0xFF) }
    return Data(bytes + Array(header.utf8) + numbers)
  }

  static func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private func with<Result>(_ data: Data, _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).npy").path
    try data.write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func values(_ data: Data, axes: [Int]? = nil) throws -> (shape: [Int], values: [Float]) {
    try with(data) { path in
      let source = try #require(try ExampleFile.open(path, axes: axes) as? NumpySource)
      let batch = try Dataset(source).batch(0..<source.count)
      return ([source.count] + source.exampleShape, batch.values)
    }
  }

  static let six: [Float] = [0, 1, 2, 3, 4, 5]
  /// Every type of number, with the bytes of 0 … 5.
  static let types: [(String, [UInt8])] = [
    ("|u1", bytes(six.map { UInt8($0) })), ("|i1", bytes(six.map { Int8($0) })), ("<u2", bytes(six.map { UInt16($0) })),
    ("<i2", bytes(six.map { Int16($0) })), (">i2", bytes(six.map { Int16($0).bigEndian })),
    ("<u4", bytes(six.map { UInt32($0) })), ("<i4", bytes(six.map { Int32($0) })),
    ("<i8", bytes(six.map { Int64($0) })),
    (">u8", bytes(six.map { UInt64($0).bigEndian })), ("<f4", bytes(six)), ("<f8", bytes(six.map { Double($0) })),
    (">f4", bytes(six.map { $0.bitPattern.bigEndian })),
    // Halves of 0, 1, 2, 3, 4 and 5.
    ("<f2", bytes([0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500] as [UInt16])),
  ]

  @Test(arguments: types.indices) func everyTypeOfNumberIsRead(_ index: Int) throws {
    let (type, bytes) = Self.types[index]
    let read = try values(Self.array(type, "2, 3", bytes))
    #expect(read.shape == [2, 3] && read.values == Self.six, "\(type)")
  }

  @Test func booleansAreZeroAndOne() throws {
    #expect(try values(Self.array("|b1", "2, 2", [0, 1, 1, 0])).values == [0, 1, 1, 0])
  }

  @Test func negativeNumbersKeepTheirSign() throws {
    #expect(try values(Self.array("<i2", "2, 1", Self.bytes([-3, 7] as [Int16]))).values == [-3, 7])
    #expect(try values(Self.array("<f2", "2, 1", Self.bytes([0xC200, 0x0001] as [UInt16]))).values == [-3, 0x1p-24])
  }

  @Test func fortransOrderIsTheSameArray() throws {
    // [2, 3] column by column.
    let read = try values(Self.array("<f4", "2, 3", Self.bytes([0, 3, 1, 4, 2, 5] as [Float]), fortran: true))
    #expect(read.shape == [2, 3] && read.values == Self.six)
    let turned = try values(Self.array("<f4", "3, 2", Self.bytes(Self.six), fortran: true), axes: [1, 0])
    #expect(turned.shape == [2, 3] && turned.values == Self.six)
  }

  @Test func theSecondVersionOfTheFormatIsRead() throws {
    #expect(try values(Self.array("<f4", "2, 3", Self.bytes(Self.six), version: 2)).values == Self.six)
  }

  @Test(
    arguments: [
      ("|O", "2, 3", 100, "Python objects"), ("<c8", "2, 3", 100, "expected integers"),
      ("<U5", "2,", 100, "expected integers"),
      ("<f4", "2, 3", 23, "not complete"), ("<f4", "9223372036854775807, 9", 24, "no file holds"),
      ("<f4", "two", 24, "expected a header of descr"), ("<f4", "", 24, "scalar"),
    ] as [(String, String, Int, String)])
  func whatIsNoArrayOfNumbersIsRefused(_ type: String, _ shape: String, _ count: Int, _ words: String) throws {
    let data = Self.array(type, shape, [UInt8](repeating: 0, count: count))
    let error = #expect(throws: EvidenceError.self) { try values(data) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  /// A damaged byte must not turn one order of the axes into the other.
  @Test func theHeaderIsReadAsStrictlyAsByPython() {
    for text in [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
      "{'shape':(2,3),'fortran_order':False,'descr':\"<f4\"}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}",
    ] {
      let header = NumpyHeader(text)
      #expect(header?.type == "<f4" && header?.isFortranOrder == false && header?.shape == [2, 3], "\(text)")
    }
    #expect(NumpyHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (7,)}")?.shape == [7])
    #expect(NumpyHeader("{'descr': '<f4', 'fortran_order': True, 'shape': ()}")?.shape == [])
    #expect(NumpyHeader("{'descr': [('a', '<f4')], 'fortran_order': True, 'shape': ()}")?.type == nil)
    for damaged in [
      "{'descr': '<f4', 'fortran_order': Trua, 'shape': (2, 3), }",
      "{'descr': '<f4', 'fortran_order': \0\0\0\0, 'shape': (2, 3), }",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 03)}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
      "{'descr': '<f4, 'fortran_order': False",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3)}", "", "{", "{}",
    ] {
      #expect(NumpyHeader(damaged) == nil, "\(damaged)")
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = Self.array("<f4", "2, 3", Self.bytes(Self.six))
    for count in 6..<whole.count {
      #expect(throws: (any Error).self) { try NumpyArray(whole.prefix(count), place: "short.npy") }
    }
  }
}

/// What files are, told by their first bytes.
@Suite struct FileKindTests {
  @Test(
    arguments: [
      ([0x93] + Array("NUMPY".utf8), .numpyArray), (Array("1,2\n3,4\n".utf8), .table),
      (Array("{\"a\": 1}".utf8), .json),
      ([0x1F, 0x8B, 8, 0], .gzip), (Array("CDF\u{1}".utf8), .netCDF), (Array("MATLAB 5.0 MAT-file".utf8), .matlab),
      (Array("PAR1".utf8), .columnar), ([0x89, 0x50, 0x4E, 0x47], .image), ([0, 0, 8, 3, 0, 0, 0, 1], .idx),
      ([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], .pytorch),
      ([0x80, 4, 0x95, 0], .pickle), ([0x08, 0x08, 0x12, 0x07] + Array("pytorch".utf8), .onnx),
      ([0x40, 0, 0, 0, 0, 0, 0, 0] + Array("{\"weight\"".utf8), .safetensors), ([], .empty), ([1, 2, 3, 4], .unknown),
      ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], .hdf5), ([0x50, 0x4B, 3, 4], .zip),
      (Array("hello".utf8), .unknown),
    ] as [([UInt8], FileKind)])
  func bytesTell(_ bytes: [UInt8], _ kind: FileKind) {
    #expect(FileKind(bytes) == kind)
  }
}
