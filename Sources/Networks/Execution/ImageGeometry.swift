import Models

/// The extents of an image and how it lies in memory.
struct ImageShape: Equatable {
  var height: Int
  var width: Int
  var channels: Int
  let format: DataFormat

  init(height: Int, width: Int, channels: Int, _ format: DataFormat) {
    self.height = height
    self.width = width
    self.channels = channels
    self.format = format
  }

  /// An image from the shape of one example; nil where that has not three axes.
  init?(_ shape: [Int], _ format: DataFormat) {
    guard shape.count == 3 else { return nil }
    switch format {
    case .channelsLast: self.init(height: shape[0], width: shape[1], channels: shape[2], format)
    case .channelsFirst: self.init(height: shape[1], width: shape[2], channels: shape[0], format)
    }
  }

  var shape: [Int] {
    switch format {
    case .channelsLast: [height, width, channels]
    case .channelsFirst: [channels, height, width]
    }
  }

  /// The row of a lane matrix that an element is.
  func row(_ y: Int, _ x: Int, _ channel: Int) -> Int {
    switch format {
    case .channelsLast: (y * width + x) * channels + channel
    case .channelsFirst: (channel * height + y) * width + x
    }
  }

  /// The runs of rows that one row of pixels consists of.
  func runs(y: Int) -> [Range<Int>] {
    switch format {
    case .channelsLast: [row(y, 0, 0)..<row(y, 0, 0) + width * channels]
    case .channelsFirst: (0..<channels).map { row(y, 0, $0)..<row(y, 0, $0) + width }
    }
  }
}

/// How a window moves along one axis of an image.
struct WindowAxis {
  let input: Int
  let size: Int
  let stride: Int
  let dilation: Int
  /// Elements added before the first, or cut off before it by a transposed window.
  let before: Int
  let output: Int

  /// An element of the window over an output: the input there, nil where that is padding.
  struct Tap: Hashable {
    let window: Int
    let input: Int?
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
  func taps(_ position: Int) -> [Tap] {
    (0..<size).map { element in
      let place = position * stride + element * dilation - before
      return Tap(window: element, input: (0..<input).contains(place) ? place : nil)
    }
  }

  /// The elements of the window that reach an output of the transpose. Those that fall between two inputs are no taps.
  func transposedTaps(_ position: Int) -> [Tap] {
    (0..<size).compactMap { element in
      let place = position + before - element * dilation
      guard place % stride == 0 else { return nil }
      return Tap(window: element, input: (0..<input).contains(place / stride) ? place / stride : nil)
    }
  }
}
