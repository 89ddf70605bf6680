import CKernels

/// Where one worker adds up the gradients of weights. A layer without a place is not trained.
struct WeightSink {
  /// Where the gradient of a layer, or of a constant parameter, begins.
  let places: [String: Int]
  let gradients: UnsafeMutablePointer<Float>
  /// Whether fully connected layers' gradients begin anew, so that nobody has to clear them.
  let begins: Bool
  let scratch: UnsafeMutablePointer<Float>

  /// Adds what the lanes of a fully connected layer's outputs and inputs make of its weights.
  func add(_ step: DenseStep, delta: Lanes, input: Lanes, _ k: ck_kernels) {
    guard let place = places[step.path] else { return }
    for position in 0..<step.positions {
      k.weight_gradient(
        step.outputs, step.inputs, delta.data + position * step.outputs * delta.lanes, 1,
        input.data + position * step.inputs * input.lanes, nil, input.lanes,
        begins && position == 0 ? 1 : 0, scratch, gradients + place)
    }
  }

  /// The same for a convolution: a matrix for each set of taps, one after the other.
  func add(_ step: ConvolutionStep, delta: Lanes, input: Lanes, _ k: ck_kernels) {
    guard let place = places[step.path] else { return }
    let starts = step.gradientStarts
    for patch in step.patches {
      let table = step.tables[patch.table]
      table.rows.withUnsafeBufferPointer { rows in
        k.weight_gradient(
          patch.outputs, rows.count, delta.data + patch.outputRow * delta.lanes, step.outputStep,
          input.data + patch.inputRow * input.lanes, table.isRun ? nil : rows.baseAddress, input.lanes, 0,
          scratch,
          gradients + place + starts[patch.weights])
      }
    }
  }

  /// Adds the gradient of a constant parameter: of all rows together, or of each.
  func add(constant path: String, _ gradient: Lanes, byRow: Bool) {
    guard let place = places[path] else { return }
    ck_sum_lanes(gradient.rows, gradient.lanes, gradient.data, byRow ? 1 : 0, gradients + place)
  }
}

extension ConvolutionStep {
  /// Where the gradient of each set of taps begins; the last entry is the number of floats of all.
  var gradientStarts: [Int] {
    origins.value.reduce(into: [0]) { starts, origins in
      starts.append(starts[starts.count - 1] + origins.outputs * ck_weight_step(origins.inputs))
    }
  }
}
