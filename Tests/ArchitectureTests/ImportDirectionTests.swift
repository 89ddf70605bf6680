import Foundation
import Testing

/// Which module may import which: the arrows of docs/architecture.md, read off the sources.
@Suite struct ImportDirectionTests {
  /// The package's own modules that each module may import.
  static let allowed: [String: Set<String>] = [
    "HDF5": ["CHDF5"],
    "LinearAlgebra": ["CGSL"],
    "Statistics": [],
    "Compression": ["CZlib"],
    "JSON": [],
    "Models": [],
    "Networks": ["Models", "CKernels"],
    "Evidence": ["Models", "Networks", "Statistics", "LinearAlgebra", "HDF5"],
    "ModelFile": ["Models", "HDF5"],
    "KerasImport": ["Compression", "HDF5", "JSON", "Models"],
    "EvidenceTesting": ["Evidence", "Models", "Networks", "Statistics"],
    "EvidenceCommand": [
      "Compression", "JSON", "KerasImport", "ModelFile", "Evidence", "Models", "Networks", "Statistics", "HDF5",
    ],
  ]
  /// Modules that only the named one imports.
  static let soleImporters = ["CHDF5": "HDF5", "CZlib": "Compression", "CGSL": "LinearAlgebra", "CKernels": "Networks"]

  static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  static func swiftFiles(of module: String) throws -> [URL] {
    let files = FileManager.default.enumerator(at: sources.appending(path: module), includingPropertiesForKeys: nil)
    return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
  }

  static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
        words[..<position].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "private"].contains($0) })
      else { return nil }
      return String(words[position + 1])
    }
  }

  @Test(arguments: allowed.keys.sorted()) func importsPointDown(module: String) throws {
    let own = Set(Self.allowed.keys).union(Self.soleImporters.keys)
    let files = try Self.swiftFiles(of: module)
    #expect(!files.isEmpty)
    for file in files {
      for name in try Self.imports(of: file) where own.contains(name) {
        #expect(
          Self.allowed[module]?.contains(name) == true, "\(module) may not import \(name): \(file.lastPathComponent)")
      }
    }
  }

  @Test func statisticsIsPureSwift() throws {
    for file in try Self.swiftFiles(of: "Statistics") {
      #expect(try !Self.imports(of: file).contains("Foundation"), "\(file.lastPathComponent)")
    }
  }

  @Test func everyModuleIsInTheTable() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      at: Self.sources, includingPropertiesForKeys: [.isDirectoryKey])
    let modules = folders.filter { folder in
      (try? Self.swiftFiles(of: folder.lastPathComponent).isEmpty) == false
    }
    #expect(Set(modules.map(\.lastPathComponent)).isSubset(of: Set(Self.allowed.keys)))
  }
}
