// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "own-estimator",
  dependencies: [.package(name: "evidence", path: "../../..")],
  targets: [
    .executableTarget(
      name: "own-estimator",
      dependencies: [
        .product(name: "Evidence", package: "evidence"), .product(name: "EvidenceTesting", package: "evidence"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
