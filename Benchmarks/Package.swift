// swift-tools-version: 6.1

import PackageDescription

let package = Package(
  name: "evidence-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "evidence", path: "..")],
  targets: [
    .executableTarget(
      name: "Calibration",
      dependencies: [
        .product(name: "Evidence", package: "evidence"), .product(name: "EvidenceTesting", package: "evidence"),
      ],
      path: "Calibration")
  ],
  swiftLanguageModes: [.v6]
)
