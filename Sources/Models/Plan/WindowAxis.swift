/// How a window moves along one axis of an image.
package struct WindowAxis: Sendable {
  let input: Int
  let size: Int
  let stride: Int
  let dilation: Int
  /// Elements added before the first, or cut off before it by a transposed window.
  let before: Int
  package let output: Int

  /// An element of the window over an output: the input there, nil where that is padding.
  package struct Tap: Hashable, Sendable {
    package let window: Int
    package let input: Int?

    package init(window: Int, input: Int?) {
      self.window = window
      self.input = input
    }
  }

  /// Extent of the window with the gaps that dilation leaves.
  static func extent(_ size: Int, _ dilation: Int) -> Int { (size - 1) * dilation + 1 }

  /// A window that moves over the input. `padding` is what lies before and after; nil for the TensorFlow rule.
  init(input: Int, size: Int, stride: Int, dilation: Int, padding: (before: Int, after: Int)?) {
    let extent = Self.extent(size, dilation)
    if let padding {
      before = padding.before
      let room = input + padding.before + padding.after - extent
      output = room < 0 ? 0 : room / stride + 1
    } else {
      output = (input + stride - 1) / stride
      before = max(0, (output - 1) * stride + extent - input) / 2
    }
    (self.input, self.size, self.stride, self.dilation) = (input, size, stride, dilation)
  }

  /// The window's transpose, which spreads each input over the output.
  init(transposing input: Int, size: Int, stride: Int, dilation: Int, padding: (before: Int, after: Int)?, added: Int) {
    let extent = Self.extent(size, dilation)
    if let padding {
      before = padding.before
      output = (input - 1) * stride + extent - padding.before - padding.after + added
    } else {
      output = input * stride
      before = max(0, extent - stride) / 2
    }
    (self.input, self.size, self.stride, self.dilation) = (input, size, stride, dilation)
  }

  /// The elements of the window over an output, for a window that moves over the input.
  package func taps(_ position: Int) -> [Tap] {
    (0..<size).map { element in
      let place = position * stride + element * dilation - before
      return Tap(window: element, input: (0..<input).contains(place) ? place : nil)
    }
  }

  /// The elements of the window that reach an output of the transpose. Those that fall between two inputs are no taps.
  package func transposedTaps(_ position: Int) -> [Tap] {
    (0..<size).compactMap { element in
      let place = position + before - element * dilation
      guard place % stride == 0 else { return nil }
      return Tap(window: element, input: (0..<input).contains(place / stride) ? place / stride : nil)
    }
  }
}
