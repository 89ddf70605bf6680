import CKernels
import Models

/// A layer's parameters, or a constant parameter, in the vector of all that is trained.
///
/// A fully connected layer is a matrix as `ck_kernels.weight_gradient` lays it out; a convolution is its weight as the
/// model file has it, then its bias; a constant is itself. Regions begin at multiples of 16, zeros filling them up.
struct WeightRegion: Sendable {
  enum Kind: Sendable {
    case dense(DenseStep)
    case convolution(ConvolutionStep)
    case constant(AlignedBuffer)
  }

  /// The layer's path in the model file, or the constant's.
  let path: String
  let kind: Kind
  /// The tensors in the file: a layer's weight and bias, or the constant.
  let tensors: [ModelParameter]
  /// Where the region begins in the vector.
  var offset = 0
  /// Where the gradients of a convolution's sets of taps begin, behind the vector's gradient.
  var gradientOffset = 0

  /// Floats of the vector.
  var count: Int {
    switch kind {
    case .dense(let step): step.outputs * ck_weight_step(step.inputs)
    case .convolution, .constant: paddedLanes(tensors.elementCount)
    }
  }

  /// Floats of gradient beside the vector's.
  var gradientCount: Int {
    if case .convolution(let step) = kind { step.gradientStarts.last ?? 0 } else { 0 }
  }

  /// Where a layer's gradient is added up.
  var place: Int {
    if case .convolution = kind { gradientOffset } else { offset }
  }

  private var weight: ModelParameter? { tensors.first { $0.role == .weight } }
  private var bias: ModelParameter? { tensors.first { $0.role == .bias } }
  private var isKernel: Bool { weight?.path.hasSuffix("/kernel") ?? false }

  /// Writes the tensors' numbers into the vector.
  func load(into vector: UnsafeMutablePointer<Float>) {
    let target = vector + offset
    guard case .dense(let step) = kind, let weight else {
      return target.update(from: tensors.flatMap(\.tensor.values), count: tensors.elementCount)
    }
    let rowStep = ck_weight_step(step.inputs)
    for output in 0..<step.outputs {
      for input in 0..<step.inputs {
        target[output * rowStep + input] =
          weight.tensor.values[isKernel ? input * step.outputs + output : output * step.inputs + input]
      }
      if let bias { target[output * rowStep + step.inputs] = bias.tensor.values[output] }
    }
  }

  /// The tensors' numbers in the vector, by their paths.
  func values(in vector: UnsafePointer<Float>) -> [(path: String, values: [Float])] {
    let source = vector + offset
    guard case .dense(let step) = kind, let weight else {
      var first = 0
      return tensors.map { parameter in
        defer { first += parameter.tensor.count }
        return (parameter.path, (first..<first + parameter.tensor.count).map { source[$0] })
      }
    }
    let rowStep = ck_weight_step(step.inputs)
    var values = [Float](repeating: 0, count: weight.tensor.count)
    for output in 0..<step.outputs {
      for input in 0..<step.inputs {
        values[isKernel ? input * step.outputs + output : output * step.inputs + input] =
          source[output * rowStep + input]
      }
    }
    let biases = bias.map { ($0.path, (0..<step.outputs).map { source[$0 * rowStep + step.inputs] }) }
    return [(weight.path, values)] + (biases.map { [$0] } ?? [])
  }

  // MARK: What networks compute with

  /// Rows of a fully connected layer that are updated at once: a multiple of the packing.
  private static let rowsAtOnce = 64

  /// Pieces that the region is updated in.
  var pieces: Int {
    if case .dense(let step) = kind { (step.outputs + Self.rowsAtOnce - 1) / Self.rowsAtOnce } else { 1 }
  }

  /// The floats of the vector that belong to a piece.
  func range(ofPiece piece: Int) -> Range<Int> {
    guard case .dense(let step) = kind else { return offset..<offset + count }
    let rowStep = ck_weight_step(step.inputs)
    let first = piece * Self.rowsAtOnce
    return offset + first * rowStep..<offset + min(first + Self.rowsAtOnce, step.outputs) * rowStep
  }

  /// Hands a piece of the vector to the packed weights.
  func pack(piece: Int, _ vector: UnsafeMutablePointer<Float>, _ k: ck_kernels) {
    let source = vector + offset
    switch kind {
    case .dense(let step):
      let rowStep = ck_weight_step(step.inputs)
      let first = piece * Self.rowsAtOnce
      let rows = min(Self.rowsAtOnce, step.outputs - first)
      if bias == nil {
        for row in first..<first + rows { source[row * rowStep + step.inputs] = 0 }
      }
      k.pack_weights(
        step.outputs, step.inputs, source, first, rows, step.packed.pointer, step.transposed.value.pointer)
    case .convolution(let step):
      let biases = bias == nil ? nil : source + (weight?.tensor.count ?? 0)
      step.pack(source, biases)
      step.transposed.value.pack(source, nil)
    case .constant(let buffer):
      buffer.pointer.update(from: source, count: buffer.count)
    }
  }

  /// Clears the gradients that are added to from the beginning.
  func clear(_ gradient: UnsafeMutablePointer<Float>) {
    if case .dense = kind { return }
    (gradient + offset).update(repeating: 0, count: count)
    (gradient + gradientOffset).update(repeating: 0, count: gradientCount)
  }

  /// From the gradients of a convolution's sets of taps to that of its weights.
  func gather(_ gradient: UnsafeMutablePointer<Float>) {
    guard case .convolution(let step) = kind else { return }
    let biases = bias == nil ? nil : gradient + offset + (weight?.tensor.count ?? 0)
    for (origins, start) in zip(step.origins.value, step.gradientStarts) {
      origins.add(gradient + gradientOffset + start, to: gradient + offset, biases)
    }
  }
}

extension ConvolutionStep {
  fileprivate func pack(_ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?) {
    for (origins, packed) in zip(origins.value, packed) {
      let values = origins.weights.map { $0 < 0 ? 0 : weight[Int($0)] }
      ck_pack(
        origins.outputs, origins.inputs, values, 1, origins.outputs,
        bias.map { bias in origins.biases.map { bias[Int($0)] } }, packed.pointer)
    }
  }
}

extension ConvolutionStep.WeightOrigins {
  fileprivate func add(
    _ gradient: UnsafePointer<Float>, to weights: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>?
  ) {
    let step = ck_weight_step(inputs)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let place = self.weights[input * outputs + output]
        if place >= 0 { weights[Int(place)] += gradient[output * step + input] }
      }
      bias?[Int(biases[output])] += gradient[output * step + inputs]
    }
  }
}
