package requestlog

const noFollow = 0 // os.Root follows no link out of the directory
