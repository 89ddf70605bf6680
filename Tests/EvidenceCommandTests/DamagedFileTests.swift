import Foundation
import TestSupport
import Testing

/// Files damaged at random, always in the same way: each is read or refused. (`Benchmarks/reliability/fuzz.py` does the same to
/// hundreds of thousands.) They are read in a process of their own, for libhdf5 may crash on any of them.
@Suite struct DamagedFileTests {
  /// One to three bits, bytes or eight-byte sizes in the first part of a file, where HDF5 says how the rest is read; or
  /// the file's end cut off.
  static func damaged(_ file: [UInt8], number: Int) -> [UInt8] {
    var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(1, bound)
    }
    var bytes = file
    if below(5) == 0 { bytes.removeLast(below(bytes.count)) }
    for _ in 0...below(3) where !bytes.isEmpty {
      let place = below(min(bytes.count, 4096))
      switch below(3) {
      case 0: bytes[place] ^= 1 << UInt8(below(8))
      case 1: bytes[place] = UInt8(below(256))
      default:
        let size = [UInt64.max, 1 << 62, 1 << 32, 0][below(4)]
        for offset in 0..<8 where place / 8 * 8 + offset < bytes.count {
          bytes[place / 8 * 8 + offset] = UInt8(truncatingIfNeeded: size >> UInt64(8 * offset))
        }
      }
    }
    return bytes
  }

  /// What reads a file of each kind; `FILE` stands for it.
  enum Kind: String, CaseIterable {
    case model, data, results, keras, second, numpy, archive, sparse, tables, shards

    var words: [String] {
      switch self {
      case .keras: ["import", "keras", "FILE", "-o", "FILE.imported"]
      case .shards: ["import", "keras", "FILE", ModelCaseTests.graphs + "/form-shards.json", "-o", "FILE.imported"]
      default: ["inspect", "FILE"]
      }
    }

    private static func form(_ name: String) -> String {
      Repository.path("Tests/EvidenceCommandTests/Fixtures/Forms/\(name)")
    }

    func sound(in directory: String) throws -> String {
      switch self {
      case .model: return Repository.digitsModel
      case .data: return Repository.digits
      case .keras: return ImportTests.model
      case .second: return Self.form("second.h5")
      case .numpy: return Self.form("fortran.npy")
      case .archive: return Self.form("compressed.npz")
      case .sparse: return Self.form("plain.h5ad")
      case .tables: return Self.form("packed.h5")
      case .shards:
        // The files that the index names lie beside it.
        for number in 0..<2 {
          let name = "/form-shards_0000\(number).weights.h5"
          try FileManager.default.copyItem(atPath: ModelCaseTests.graphs + name, toPath: directory + name)
        }
        return ModelCaseTests.graphs + "/form-shards.weights.json"
      case .results:
        let path = directory + "/results.h5"
        try HandmadeResults(values: (0..<40).map { -80 - Double($0) }).write(to: path)
        return path
      }
    }
  }

  @Test(arguments: Kind.allCases) func isReadOrRefused(_ kind: Kind) throws {
    try withTemporaryDirectory { directory in
      let file = try [UInt8](Data(contentsOf: URL(filePath: kind.sound(in: directory))))
      var refused = 0
      for number in 0..<16 {
        let target = directory + "/\(number).h5"
        try Data(Self.damaged(file, number: number)).write(to: URL(filePath: target))
        let ended = try Running(.evidence, kind.words.map { $0.replacing("FILE", with: target) }).wait()
        // 64 where an option can say what the file does not.
        #expect([0, 64, 65].contains(ended.status), "\(number): \(ended.error)")
        // An error names the file, in two lines at the most.
        if ended.status != 0 {
          refused += 1
          #expect(ended.error.contains(target), "\(ended.error)")
        }
      }
      // Both happen, or the damage is not what it should be.
      #expect(refused > 0 && refused < 16)
    }
  }

  /// Eleven bytes too many in the heap that the text of attributes lies in: libhdf5 looks for the end of it for ever.
  @Test func textThatLibhdf5GoesInCirclesOnIsRefused() throws {
    try withTemporaryDirectory { directory in
      var bytes = try [UInt8](Data(contentsOf: URL(filePath: Kind.sparse.sound(in: directory))))
      let text = Array("csr_matrix".utf8)
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: text) })
      bytes.removeSubrange(place + 26..<place + 37)
      bytes.insert(contentsOf: [0, 0, 0, UInt8(text.count), 0, 0, 0, 0, 0, 0, 0], at: place)
      let target = directory + "/damaged.h5ad"
      try Data(bytes).write(to: URL(filePath: target))
      let ended = try Running(.evidence, ["inspect", target]).wait()
      #expect(ended.status == 65)
      #expect(ended.error.contains("\(target): reading went on for seconds of processor time without an end"))
    }
  }
}
