// swift-tools-version: 6.1

import PackageDescription

let package = Package(
  name: "evidence",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Evidence", targets: ["Evidence", "Checkpoints"]),
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
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"]), .brew(["gsl"])]),
    .target(name: "CKernels"),
    .target(name: "HDF5", dependencies: ["CHDF5"]),
    .target(name: "LinearAlgebra", dependencies: ["CGSL"]),
    .target(name: "Statistics"),
    .target(name: "Networks", dependencies: ["CKernels"]),
    .target(name: "Evidence", dependencies: ["Networks", "Statistics", "LinearAlgebra", "HDF5"]),
    .target(name: "Checkpoints", dependencies: ["Evidence", "HDF5"]),
    .target(name: "EvidenceTesting", dependencies: ["Evidence"]),
    .executableTarget(
      name: "EvidenceCommand",
      dependencies: [
        "Checkpoints", "Evidence", "HDF5", "Networks", "Statistics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.copy("Resources")]),
    .executableTarget(name: "example-nll", dependencies: ["Checkpoints", "Evidence"], path: "docs/examples/nll"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"], exclude: ["Reference"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "CHDF5"], resources: [.copy("Fixtures")]),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"], exclude: ["Reference"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], exclude: ["Reference"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks"], resources: [.copy("Fixtures")]),
    .testTarget(name: "EvidenceTests", dependencies: ["Evidence", "EvidenceTesting"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "EvidenceTesting"], exclude: ["Exported/generate.py"],
      resources: [.copy("Keras/Fixtures"), .copy("Exported/Models")]),
    .testTarget(
      name: "EvidenceCommandTests", dependencies: ["EvidenceCommand", "Checkpoints"], resources: [.copy("Fixtures")]),
    .testTarget(name: "ArchitectureTests"),
  ],
  swiftLanguageModes: [.v6]
)
