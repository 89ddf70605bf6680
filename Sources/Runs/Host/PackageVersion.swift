/// The package's version, as results files record it.
package enum PackageVersion {
  /// Major, minor and patch.
  package static let current = "0.1.0"
}
