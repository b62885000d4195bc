package requestlog

const noFollow = 0 // os.Root leads out of the directory through no link
