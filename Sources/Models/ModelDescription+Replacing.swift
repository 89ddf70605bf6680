extension ModelDescription {
  /// The same model with other numbers in some of its tensors: what training and refitting make of it.
  ///
  /// `values`: by the tensor's path in the model file, as many numbers as it has. Tensors of layers that are trained, of
  /// constant parameters and of a normal prior are looked up.
  public func replacing(_ values: [String: [Float]]) -> ModelDescription {
    let numbers = Replacement(values: values)
    var result = self
    result.encoders = zip(1..., encoders).map { numbers.replacing($1, at: "/encoder/\($0)") }
    result.decoders = zip(1..., decoders).map { numbers.replacing($1, at: "/decoder/\($0)") }
    if case .normal(let mean, let name, let scale) = prior {
      result.prior = .normal(
        mean: numbers.replacing(mean, at: "/prior/mean"), scaleName: name,
        scale: numbers.replacing(scale, at: "/prior/\(name.rawValue)"))
    }
    return result
  }
}

/// Numbers by path, put into the parts of a model.
private struct Replacement {
  let values: [String: [Float]]

  func replacing(_ tensor: Tensor, at path: String) -> Tensor {
    guard let values = values[path], values.count == tensor.count else { return tensor }
    return Tensor(shape: tensor.shape, values: values, by: tensor.by)
  }

  func replacing(_ conditional: Conditional, at path: String) -> Conditional {
    var result = conditional
    result.trunk = conditional.trunk.map { replacing($0, at: "\(path)/trunk") }
    for (name, parameter) in conditional.parameters {
      switch parameter {
      case .stack(let stack): result.parameters[name] = .stack(replacing(stack, at: "\(path)/\(name.rawValue)"))
      case .constant(let tensor):
        result.parameters[name] = .constant(replacing(tensor, at: "\(path)/\(name.rawValue)"))
      }
    }
    return result
  }

  private func replacing(_ stack: Stack, at path: String) -> Stack {
    Stack(stack.layers.enumerated().map { replacing($1, at: "\(path)/\($0)") })
  }

  private func replacing(_ layer: Layer, at path: String) -> Layer {
    var result = layer
    func put(_ weight: inout Tensor, _ layout: WeightLayout, _ bias: inout Tensor?) {
      weight = replacing(weight, at: "\(path)/\(layout.name)")
      bias = bias.map { replacing($0, at: "\(path)/bias") }
    }
    switch layer.operation {
    case .dense(var dense):
      put(&dense.weight, dense.layout, &dense.bias)
      result.operation = .dense(dense)
    case .convolution(var convolution):
      put(&convolution.weight, convolution.layout, &convolution.bias)
      result.operation = .convolution(convolution)
    case .convolution1D(var convolution):
      put(&convolution.weight, convolution.layout, &convolution.bias)
      result.operation = .convolution1D(convolution)
    case .transposedConvolution(var convolution):
      put(&convolution.weight, convolution.layout, &convolution.bias)
      result.operation = .transposedConvolution(convolution)
    case .transposedConvolution1D(var convolution):
      put(&convolution.weight, convolution.layout, &convolution.bias)
      result.operation = .transposedConvolution1D(convolution)
    case .residual(let body, let shortcut):
      result.operation = .residual(
        body: replacing(body, at: "\(path)/body"), shortcut: replacing(shortcut, at: "\(path)/shortcut"))
    case .concatenation(let branches):
      result.operation = .concatenation(branches.enumerated().map { replacing($1, at: "\(path)/branches/\($0)") })
    case .product(let factors):
      result.operation = .product(factors.enumerated().map { replacing($1, at: "\(path)/factors/\($0)") })
    default: break
    }
    return result
  }
}
