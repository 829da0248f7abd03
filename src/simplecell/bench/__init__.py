"""Side by side with the peers: same network, same data, same steps, answers first, then time.

`report` runs it all. `networks` and `task` say what is run, `system` what runs it, one file per
system (`engines`, `pytorch`, `xla`, `onnx`, `perceptron`); `answers` compares, `contest` times.
`start`, `target`, `growth` are the other figures; `goals` holds them against what is promised.
"""
