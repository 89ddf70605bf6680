import CKernels
import Models

/// What the draws of an example share of its counts: the logarithms of dispersions and of factorials, and which counts are
/// zero. Made once for an example, and read by every chunk of its draws.
///
/// For models with an exposure whose draws share the dispersion. Counts without an exposure are of the format's first version,
/// whose numbers stay as they were.
final class PreparedCounts {
  private let buffer: UnsafeMutablePointer<ck_count_rows>

  /// nil where the likelihood takes no counts so.
  init?(_ decoder: CompiledConditional) {
    guard decoder.exposure != nil, decoder.parameters.first?.form == CK_LOG else { return nil }
    switch decoder.density {
    case CK_POISSON: break
    case CK_NEGATIVE_BINOMIAL, CK_ZERO_INFLATED_NEGATIVE_BINOMIAL:
      guard decoder.parameters[1].program == nil else { return nil }
    default: return nil
    }
    let capacity = decoder.size / Int(CK_COUNT_ROWS) + 1
    buffer = .allocate(capacity: capacity)
    buffer.initialize(repeating: ck_count_rows(), count: capacity)
  }

  deinit { buffer.deallocate() }

  /// Of the example that was prepared last.
  var rows: UnsafePointer<ck_count_rows> { UnsafePointer(buffer) }

  /// Takes an example.
  func prepare(_ x: UnsafePointer<Float>, for decoder: CompiledConditional, _ k: ck_kernels) {
    var arguments = ck_density_arguments(
      decoder, x: ck_operand(data: x, row_step: 1, lane_step: 0, form: CK_DIRECT))
    if decoder.parameters.count > 1, case .constant(let buffer, let rowStep, let form) = decoder.parameters[1] {
      arguments.set(1, ck_operand(data: buffer.pointer, row_step: rowStep, lane_step: 0, form: form))
    }
    k.prepare_counts(decoder.size, &arguments, buffer)
  }
}

extension ck_density_arguments {
  /// Goes on to the rows of x from `first` on, a multiple of CK_COUNT_ROWS.
  mutating func move(to first: Int, x: ck_operand, counts: UnsafePointer<ck_count_rows>?) {
    self.x = x.dropping(rows: first)
    self.counts = counts.map { $0 + first / Int(CK_COUNT_ROWS) }
  }
}
