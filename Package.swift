// swift-tools-version: 6.2

import PackageDescription

/// The commit that is built, for `evidence --version`; nothing outside of a repository.
let commit =
  Context.gitInformation.map { String($0.currentCommit.prefix(12)) + ($0.hasUncommittedChanges ? "+" : "") } ?? ""

let package = Package(
  name: "evidence",
  products: [
    .library(
      name: "Evidence",
      targets: ["Evidence", "KerasImport", "LinearAlgebra", "ModelFile", "Models", "Networks", "Statistics"]),
    .library(name: "EvidenceTesting", targets: ["EvidenceTesting"]),
    .executable(name: "evidence", targets: ["EvidenceCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CBuild", cSettings: [.define("EVIDENCE_COMMIT", to: "\"\(commit)\"")]),
    .target(name: "CKernels"),
    .target(name: "CProcess"),
    .target(name: "HDF5", dependencies: ["CHDF5"]),
    .target(name: "LinearAlgebra", dependencies: ["CGSL"]),
    .target(name: "Statistics"),
    .target(name: "Compression", dependencies: ["CZlib"]),
    .target(name: "JSON"),
    .target(name: "Models"),
    .target(name: "Networks", dependencies: ["Models", "CKernels"]),
    .target(name: "ModelFile", dependencies: ["HDF5", "Models", "Wording"]),
    .target(name: "KerasImport", dependencies: ["Compression", "HDF5", "JSON", "Models"]),
    .target(
      name: "Evidence", dependencies: ["Compression", "Models", "Networks", "Statistics", "LinearAlgebra", "HDF5"]),
    .target(name: "Training", dependencies: ["Evidence", "HDF5"]),
    .target(name: "Wording"),
    .target(
      name: "Report",
      dependencies: ["Compression", "Evidence", "LinearAlgebra", "ModelFile", "Runs", "Statistics", "Wording"]),
    .target(
      name: "Runs",
      dependencies: [
        "CBuild", "Evidence", "HDF5", "JSON", "KerasImport", "LinearAlgebra", "ModelFile", "Models", "Statistics",
        "Training", "Wording",
      ]),
    .target(name: "EvidenceTesting", dependencies: ["Evidence", "Models", "Networks"]),
    .executableTarget(
      name: "EvidenceCommand",
      dependencies: [
        "CProcess", "Evidence", "HDF5", "JSON", "KerasImport", "ModelFile", "Models", "Report", "Runs", "Statistics",
        "Training", "Wording",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.copy("Resources")]),
    .executableTarget(name: "example-nll", dependencies: ["ModelFile", "Evidence"], path: "docs/examples/nll"),
    .executableTarget(
      name: "example-readme", dependencies: ["ModelFile", "Evidence"], path: "docs/examples/readme"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"], exclude: ["Reference"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "CHDF5"], resources: [.copy("Fixtures")]),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"], exclude: ["Reference"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Reference"]),
    .testTarget(
      name: "NetworksTests", dependencies: ["CKernels", "Evidence", "Models", "Networks"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "EvidenceTests",
      dependencies: [
        "Compression", "Evidence", "EvidenceTesting", "HDF5", "LinearAlgebra", "Models", "Networks", "Statistics",
      ]),
    .testTarget(name: "TrainingTests", dependencies: ["Evidence", "Training"]),
    .testTarget(
      name: "ModelFileTests", dependencies: ["Evidence", "HDF5", "ModelFile", "Models", "Networks", "Wording"],
      exclude: ["Exported/generate.py"], resources: [.copy("Exported/Models")]),
    .testTarget(
      name: "KerasImportTests",
      dependencies: ["Compression", "Evidence", "HDF5", "JSON", "KerasImport", "ModelFile", "Models", "Networks"],
      resources: [.copy("Fixtures")]),
    .target(name: "TestSupport", dependencies: ["HDF5"], path: "Tests/Support"),
    .testTarget(
      name: "RunsTests", dependencies: ["Evidence", "HDF5", "JSON", "KerasImport", "Models", "Runs", "TestSupport"]),
    .testTarget(
      name: "EvidenceCommandTests",
      dependencies: [
        "Evidence", "EvidenceCommand", "HDF5", "JSON", "KerasImport", "ModelFile", "Models", "Networks", "Report",
        "Runs", "TestSupport", "Wording", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "ArchitectureTests"),
  ],
  swiftLanguageModes: [.v6]
)

// An import is internal unless it says more, and a file sees members only of what it imports itself.
for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
  ]
}
