import Foundation

/// The targets of Package.swift with what they say they depend on.
struct Manifest {
  struct Target {
    let name: String
    let folder: URL
    let dependencies: Set<String>
    let isTest: Bool
    let isSystemLibrary: Bool
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  let targets: [Target]
  /// What packages that depend on this one can import.
  let offered: Set<String>

  init() throws {
    let text = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    offered = Set(
      text.matches(of: /\.library\(\s*name: "\w+",\s*targets: \[([^\]]*)\]/).flatMap { library in
        library.1.matches(of: /"(\w+)"/).map { String($0.1) }
      })
    let starts = text.ranges(of: /\.(target|executableTarget|testTarget|systemLibrary)\(/).map(\.lowerBound)
    targets = zip(starts, starts.dropFirst() + [text.endIndex]).compactMap { start, end in
      let part = text[start..<end]
      guard let name = part.firstMatch(of: /name: "([\w-]+)"/)?.1 else { return nil }
      let isTest = part.hasPrefix(".testTarget")
      let path = part.firstMatch(of: /path: "([^"]+)"/).map { String($0.1) }
      let list = part.firstMatch(of: /dependencies: \[((?:[^\[\]])*)\]/)?.1 ?? ""
      // Of `.product(name: "Logging", package: "swift-log")`, the product.
      let names = list.replacing(/package: "[^"]+"/, with: "").matches(of: /"([\w-]+)"/).map { String($0.1) }
      return Target(
        name: String(name), folder: Self.root.appending(path: path ?? "\(isTest ? "Tests" : "Sources")/\(name)"),
        dependencies: Set(names), isTest: isTest, isSystemLibrary: part.hasPrefix(".systemLibrary"))
    }
  }

  /// The targets that are Swift, without the tests.
  var modules: [Target] {
    get throws { try targets.filter { try !$0.isTest && !$0.isSystemLibrary && !$0.swiftFiles.isEmpty } }
  }
}

extension Manifest.Target {
  var swiftFiles: [URL] {
    get throws {
      let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
      return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
        .sorted { $0.path < $1.path }
    }
  }

  struct Import {
    let module: String
    let isPublic: Bool
    let file: URL
  }

  /// What the files import.
  var imports: [Import] {
    get throws {
      try swiftFiles.flatMap { file in
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.contains("import ") }
          .compactMap {
            $0.firstMatch(of: /^\s*(?:@\w+ )*(public |package |internal |private )?import (\w+)/)
              .map { Import(module: String($0.2), isPublic: $0.1 == "public ", file: file) }
          }
      }
    }
  }
}
