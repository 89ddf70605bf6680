import CKernels

/// Of a chain v₀ → v₁ → … → vₙ of elementwise functions, the reverse needs some of the values. vₙ lies in the step's
/// output; those before it that are needed are saved in matrices of their own, in order.
extension [Elementwise] {
  /// Whether the slope of a function of the chain is taken from v at `index`.
  private func isNeeded(_ index: Int) -> Bool {
    if index > 0, self[index - 1].takesOutput { return true }
    return index < count && self[index].takesInput
  }

  /// Matrices that are saved beside the output.
  var savedCount: Int { (0..<count).reduce(0) { $0 + (isNeeded($1) ? 1 : 0) } }

  /// Applies the functions and saves what the reverse needs, if there is a place for it: the first matrix at `saved`, the
  /// others each `stride` floats behind.
  func apply(
    rows: Range<Int>, lanes: Int, _ data: UnsafeMutablePointer<Float>, saved: UnsafeMutablePointer<Float>?, stride: Int,
    _ k: ck_kernels
  ) {
    guard let saved else { return apply(rows: rows, lanes: lanes, data, k) }
    var slot = 0
    for (index, function) in enumerated() {
      if isNeeded(index) {
        (saved + slot * stride).update(from: data, count: rows.count * lanes)
        slot += 1
      }
      function.apply(rows: rows, lanes: lanes, data, k)
    }
  }

  /// Turns the gradient of vₙ into that of v₀, in place.
  func reverse(
    rows: Int, lanes: Int, gradient: UnsafeMutablePointer<Float>, output: UnsafePointer<Float>,
    saved: UnsafePointer<Float>, _ k: ck_kernels
  ) {
    let stride = rows * lanes
    var slot = savedCount
    for (index, function) in enumerated().reversed() {
      let after = index + 1 == count ? output : saved + slot * stride
      if isNeeded(index) { slot -= 1 }
      switch function {
      case .activation(let activation):
        k.activate_reverse(activation, function.takesOutput ? after : saved + slot * stride, gradient, stride)
      case .affine(let scale, _):
        k.affine_reverse(rows, lanes, scale.pointer, gradient)
      }
    }
  }
}

extension Elementwise {
  fileprivate var takesOutput: Bool {
    switch self {
    case .activation(let activation): ck_slope_takes_output(activation) != 0
    case .affine: false
    }
  }

  fileprivate var takesInput: Bool {
    switch self {
    case .activation(let activation): ck_slope_takes_output(activation) == 0 && activation.kind != CK_IDENTITY
    case .affine: false
    }
  }
}
