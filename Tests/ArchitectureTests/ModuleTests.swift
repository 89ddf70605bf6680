import Foundation
import Testing

/// Which module may import which: the rooms of docs/architecture.md, read off the sources and the manifest.
@Suite struct ModuleTests {
  /// Every module, a module only importing those before it: arrows point down.
  static let order = [
    "CHDF5", "CZlib", "CGSL", "CBuild", "CKernels", "CProcess", "HDF5", "LinearAlgebra", "Statistics", "Compression",
    "JSON", "Wording", "Models", "Networks", "ModelFile", "KerasImport", "Evidence", "Training", "EvidenceTesting",
    "Runs", "Report",
    "EvidenceCommand", "example-nll", "example-readme", "TestSupport",
  ]
  /// Modules that only the named one imports.
  static let soleImporters = [
    "CHDF5": "HDF5", "CZlib": "Compression", "CGSL": "LinearAlgebra", "CKernels": "Networks",
    "CProcess": "EvidenceCommand", "CBuild": "Runs",
  ]
  /// What comes with the toolchain and needs no declaration.
  static let toolchain: Set<String> = [
    "CDispatch", "Darwin", "Dispatch", "Foundation", "FoundationXML", "Glibc", "Synchronization", "Testing",
  ]

  @Test func theManifestDeclaresWhatIsImported() throws {
    for target in try Manifest().targets where !target.isSystemLibrary {
      guard try !target.swiftFiles.isEmpty else { continue }
      let imported = Set(try target.imports.map(\.module)).subtracting(Self.toolchain)
      #expect(imported == target.dependencies, "\(target.name): left, what is imported; right, what Package.swift says")
    }
  }

  /// Whatever a public declaration of a product needs can be imported by whoever depends on it.
  @Test func productsOfferWhatTheirSignaturesNeed() throws {
    let manifest = try Manifest()
    #expect(manifest.offered.isSuperset(of: ["Evidence", "EvidenceTesting"]))
    for target in manifest.targets where manifest.offered.contains(target.name) {
      for other in try target.imports where other.isPublic && !Self.toolchain.contains(other.module) {
        #expect(manifest.offered.contains(other.module), "\(target.name): \(other.file.lastPathComponent)")
      }
    }
  }

  /// An import is internal unless it says more, in every target: the manifest has no list of some.
  @Test func importsAreInternalUnlessTheySayMore() throws {
    let text = try String(contentsOf: Manifest.root.appending(path: "Package.swift"), encoding: .utf8)
    let loop =
      #/for target in package\.targets where target\.type != \.system \{\s*target\.swiftSettings = \[([^\]]*)\]/#
    let settings = try #require(text.firstMatch(of: loop)?.1)
    #expect(settings.contains("InternalImportsByDefault") && settings.contains("MemberImportVisibility"))
  }

  @Test func arrowsPointDown() throws {
    let modules = try Manifest().modules
    #expect(Set(modules.map(\.name)).isSubset(of: Set(Self.order)), "a new module has its place in `order`")
    for target in modules {
      let place = try #require(Self.order.firstIndex(of: target.name))
      for other in try target.imports {
        guard let otherPlace = Self.order.firstIndex(of: other.module) else { continue }
        #expect(
          otherPlace < place, "\(target.name) may not import \(other.module): \(other.file.lastPathComponent)")
      }
    }
  }

  @Test func systemLibrariesHaveOneImporter() throws {
    for target in try Manifest().modules {
      for other in try target.imports {
        guard let importer = Self.soleImporters[other.module] else { continue }
        #expect(target.name == importer, "only \(importer) imports \(other.module): \(other.file.lastPathComponent)")
      }
    }
  }

  @Test func valuesNeedNoFoundation() throws {
    for target in try Manifest().modules where ["Statistics", "Models"].contains(target.name) {
      let files = try target.imports.filter { $0.module == "Foundation" }.map(\.file.lastPathComponent)
      #expect(files.isEmpty, "\(target.name)")
    }
  }

  /// A run is asked for by values and hands back values: it parses nothing, and knows no terminal and no signal.
  @Test func runsKnowNoCommandLine() throws {
    for target in try Manifest().modules where target.name == "Runs" {
      #expect(
        try target.imports.allSatisfy { !["ArgumentParser", "Logging", "CProcess", "Report"].contains($0.module) })
      for (line, place) in try SourceTests.code(of: target) {
        let globals =
          #/STDERR_FILENO|STDOUT_FILENO|isatty|FileHandle\.standard|\bprint\(|\bsignal\(|CommandLine\.|\bexit\(/#
        #expect(!line.contains(globals), "\(place): \(line)")
      }
    }
  }

  /// The command goes through Evidence, whatever computes underneath.
  @Test func theCommandKnowsNoNetworks() throws {
    for target in try Manifest().modules where target.name == "EvidenceCommand" {
      let files = try target.imports.filter { $0.module == "Networks" }.map(\.file.lastPathComponent)
      #expect(files.isEmpty)
    }
  }
}
