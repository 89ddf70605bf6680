import CKernels

/// The kernels for one set of processor instructions.
///
/// Results under different instruction sets differ by rounding only; under one they are the same to the last bit.
public struct InstructionSet: @unchecked Sendable, CustomStringConvertible {
  // The C struct holds function pointers and a static string, none of which ever change.
  let kernels: ck_kernels

  /// The fastest that this processor runs.
  public static let best = InstructionSet(kernels: ck_best().pointee)

  /// All that this build has and this processor runs, slowest (plain scalar code) first.
  public static var available: [InstructionSet] {
    (0..<ck_variant_count()).compactMap { ck_variant($0).map { InstructionSet(kernels: $0.pointee) } }
  }

  /// Its name: scalar, sse2, avx2, avx512 or neon.
  public var description: String { String(cString: kernels.name) }
}
